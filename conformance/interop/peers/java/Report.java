import java.security.GeneralSecurityException;
import java.security.Principal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** What is printed: one line of JSON for each connection, and the list of abilities. */
final class Report {
    private Report() {}

    static void connection(SSLSocket socket, int bytes, Exception error) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("event", "connection");
        SSLSession session = socket.getSession();
        if (!session.getProtocol().equals("NONE")) {
            line.put("version", session.getProtocol().replace("TLSv", "TLS "));
            line.put("suite", session.getCipherSuite());
            line.put("alpn", socket.getApplicationProtocol());
        }
        try {
            Principal peer = session.getPeerPrincipal();
            line.put("peerSubject", peer.getName());
        } catch (SSLPeerUnverifiedException anonymous) {
            line.put("peerSubject", null);
        }
        if (session instanceof ExtendedSSLSession extended && socket.getUseClientMode()) {
            line.put("ocspStapled", !extended.getStatusResponses().isEmpty());
        }
        line.put("bytes", bytes);
        line.put("error", error == null ? null : error.toString());
        print(line);
    }

    /** JSSE does not list its groups and schemes before JDK 20, so that those are named by the caller. */
    static void abilities() throws GeneralSecurityException {
        Map<Boolean, List<String>> suites =
                Arrays.stream(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites())
                        .collect(Collectors.partitioningBy(name -> name.contains("_WITH_")));
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("version", System.getProperty("java.runtime.name") + " " + System.getProperty("java.version"));
        line.put("suites", suites.get(false));
        line.put("suites12", suites.get(true));
        print(line);
    }

    static synchronized void print(Map<String, Object> line) {
        System.out.println(json(line));
        System.out.flush();
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> json(entry.getKey()) + ":" + json(entry.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List<?> list) {
            return list.stream().map(Report::json).collect(Collectors.joining(",", "[", "]"));
        }
        if (value instanceof String text) {
            return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
        }
        return String.valueOf(value);
    }
}
