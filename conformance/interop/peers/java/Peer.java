import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Security;

/**
 * A client and server of TLS 1.3, or of TLS 1.2, over JSSE, driven by flags, for interoperation tests. The server echoes; the client sends
 * a payload, checks that the same bytes come back, and both print one line of JSON for each connection.
 */
public final class Peer {
    private Peer() {}

    public static void main(String[] arguments) throws GeneralSecurityException, IOException {
        if (arguments.length == 0) {
            System.err.println("usage: java Peer client|server|abilities [flags]");
            System.exit(2);
        }
        Options options = Options.parse(arguments, 1);
        restrict(options);
        switch (arguments[0]) {
            case "client" -> Client.run(options);
            case "server" -> Server.run(options);
            case "abilities" -> Report.abilities();
            default -> throw new IllegalArgumentException("no such role: " + arguments[0]);
        }
    }

    /** JSSE reads groups, signature schemes and key limits from properties, when its classes are first used. */
    private static void restrict(Options options) {
        if (!options.groups().isEmpty()) {
            System.setProperty("jdk.tls.namedGroups", String.join(",", options.groups()));
        }
        if (!options.signatureSchemes().isEmpty()) {
            String schemes = String.join(",", options.signatureSchemes());
            System.setProperty("jdk.tls.client.SignatureSchemes", schemes);
            System.setProperty("jdk.tls.server.SignatureSchemes", schemes);
        }
        if (options.keyUpdate()) {
            Security.setProperty(
                    "jdk.tls.keyLimits",
                    "AES/GCM/NoPadding KeyUpdate 32768, ChaCha20-Poly1305 KeyUpdate 32768");
        }
        if (!options.middleboxCompatibility()) {
            System.setProperty("jdk.tls.client.useCompatibilityMode", "false");
        }
        if (options.noTickets()) {
            System.setProperty("jdk.tls.server.newSessionTicketCount", "0");
        }
    }
}
