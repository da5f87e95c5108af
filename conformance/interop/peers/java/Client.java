import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** The client: sends a payload block by block, and compares what comes back. */
final class Client {
    private static final int TIMEOUT = 20_000;
    private static final int BLOCK = 16 * 1024;

    private Client() {}

    static void run(Options options) throws GeneralSecurityException, IOException {
        SSLContext context = Identity.context(options);
        for (int left = options.number("connections", 1); left > 0; left--) {
            // Without --resume, a context of its own for each connection, as JSSE resumes by itself.
            exchange(options.resume() ? context : Identity.context(options), options);
        }
    }

    private static void exchange(SSLContext context, Options options) throws IOException {
        String name = options.values().getOrDefault("server-name", "localhost");
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", options.number("port", 0))) {
            socket.setSoTimeout(TIMEOUT);
            SSLParameters parameters = socket.getSSLParameters();
            if (!options.plain()) {
                parameters.setProtocols(new String[] {options.version()});
            }
            parameters.setServerNames(List.of(new SNIHostName(name)));
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            if (!options.suites().isEmpty()) {
                parameters.setCipherSuites(options.suites().toArray(String[]::new));
            }
            if (!options.alpn().isEmpty()) {
                parameters.setApplicationProtocols(options.alpn().toArray(String[]::new));
            }
            socket.setSSLParameters(parameters);
            int received = 0;
            try {
                socket.startHandshake();
                received = sendAndCheck(socket, options.number("bytes", 100_000));
                Report.connection(socket, received, null);
            } catch (IOException error) {
                Report.connection(socket, received, error);
                throw error;
            }
        }
    }

    private static int sendAndCheck(SSLSocket socket, int size) throws IOException {
        byte[] payload = new byte[size];
        for (int index = 0; index < size; index++) {
            // Lines of text, since some servers echo line by line; neighbouring lines differ.
            payload[index] = (byte) (index % 64 == 63 ? '\n' : 'a' + (index + index / 64) % 26);
        }
        OutputStream output = socket.getOutputStream();
        InputStream input = socket.getInputStream();
        for (int start = 0; start < size; start += BLOCK) {
            int end = Math.min(size, start + BLOCK);
            output.write(payload, start, end - start);
            output.flush();
            byte[] answer = input.readNBytes(end - start);
            if (!Arrays.equals(answer, Arrays.copyOfRange(payload, start, end))) {
                throw new IOException("the echo differs from what was sent");
            }
        }
        // Our close_notify, then the server's: an end without it is an SSLException.
        socket.shutdownOutput();
        if (input.read() != -1) {
            throw new IOException("more came back than was sent");
        }
        return size;
    }
}
