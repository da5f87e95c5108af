import java.io.IOException;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** The server: echoes on every connection until its standard input ends. */
final class Server {
    private static final int TIMEOUT = 60_000;

    private Server() {}

    static void run(Options options) throws GeneralSecurityException, IOException {
        SSLServerSocket listener =
                (SSLServerSocket)
                        Identity.context(options)
                                .getServerSocketFactory()
                                .createServerSocket(
                                        options.number("port", 0), 50, InetAddress.getByName("127.0.0.1"));
        SSLParameters parameters = listener.getSSLParameters();
        if (!options.plain()) {
            parameters.setProtocols(new String[] {options.version()});
        }
        if (!options.suites().isEmpty()) {
            parameters.setCipherSuites(options.suites().toArray(String[]::new));
        }
        if (!options.alpn().isEmpty()) {
            parameters.setApplicationProtocols(options.alpn().toArray(String[]::new));
        }
        String clientAuth = options.values().getOrDefault("client-auth", "none");
        if (clientAuth.equals("request")) {
            parameters.setWantClientAuth(true);
        } else if (clientAuth.equals("require")) {
            parameters.setNeedClientAuth(true);
        }
        listener.setSSLParameters(parameters);
        endWithStandardInput();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("event", "listening");
        line.put("port", listener.getLocalPort());
        Report.print(line);
        while (true) {
            SSLSocket socket = (SSLSocket) listener.accept();
            new Thread(() -> echo(socket)).start();
        }
    }

    private static void endWithStandardInput() {
        Thread watcher =
                new Thread(
                        () -> {
                            try {
                                while (System.in.read() != -1) {}
                            } catch (IOException ended) {
                                // An error is an end as well.
                            }
                            System.exit(0);
                        });
        watcher.setDaemon(true);
        watcher.start();
    }

    private static void echo(SSLSocket socket) {
        int received = 0;
        Exception failure = null;
        try (socket) {
            socket.setSoTimeout(TIMEOUT);
            byte[] block = new byte[16 * 1024];
            int length;
            while ((length = socket.getInputStream().read(block)) != -1) {
                received += length;
                socket.getOutputStream().write(block, 0, length);
            }
        } catch (IOException error) {
            failure = error;
        }
        Report.connection(socket, received, failure);
    }
}
