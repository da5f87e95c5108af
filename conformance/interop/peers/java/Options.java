import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The flags that client and server share: {@code --name value}, or {@code --name} alone for a switch. */
record Options(Map<String, String> values) {
    private static final Set<String> SWITCHES = Set.of("resume", "key-update", "no-tickets", "plain", "tls12", "no-middlebox-compatibility");
    private static final Set<String> VALUES =
            Set.of(
                    "port", "cert", "key", "ca", "server-name", "groups", "suites", "signature-schemes", "alpn",
                    "client-auth", "connections", "bytes");

    static Options parse(String[] arguments, int from) {
        Map<String, String> values = new HashMap<>();
        for (int index = from; index < arguments.length; index++) {
            String name = arguments[index].replaceFirst("^--", "");
            if (SWITCHES.contains(name)) {
                values.put(name, "true");
            } else if (VALUES.contains(name) && index + 1 < arguments.length) {
                values.put(name, arguments[++index]);
            } else {
                throw new IllegalArgumentException("no such flag, or its value is missing: --" + name);
            }
        }
        return new Options(values);
    }

    String text(String name) {
        return values.get(name);
    }

    int number(String name, int otherwise) {
        return values.containsKey(name) ? Integer.parseInt(values.get(name)) : otherwise;
    }

    private List<String> list(String name) {
        String text = values.getOrDefault(name, "");
        return text.isEmpty() ? List.of() : List.of(text.split(","));
    }

    List<String> groups() {
        return list("groups");
    }

    List<String> suites() {
        return list("suites");
    }

    List<String> signatureSchemes() {
        return list("signature-schemes");
    }

    List<String> alpn() {
        return list("alpn");
    }

    boolean resume() {
        return values.containsKey("resume");
    }

    boolean keyUpdate() {
        return values.containsKey("key-update");
    }

    /** The versions are left to the library's defaults. */
    boolean plain() {
        return values.containsKey("plain");
    }

    /** The one version that is spoken. */
    String version() {
        return values.containsKey("tls12") ? "TLSv1.2" : "TLSv1.3";
    }

    boolean middleboxCompatibility() {
        return !values.containsKey("no-middlebox-compatibility");
    }

    boolean noTickets() {
        return values.containsKey("no-tickets");
    }
}
