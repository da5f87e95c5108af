"""A client and server of TLS 1.3, or of TLS 1.2, over Python's ssl module, driven by flags, for interoperation tests.

The server echoes; the client sends a payload, checks that the same bytes come back, and both print one line of JSON
for each connection. The ssl module has no setters for TLS 1.3's suites, groups and signature schemes (before 3.15), so
those go through OpenSSL's configuration file, which is read when the process starts: the program writes the file and
starts itself again.
"""

import argparse
import json
import os
import socket
import ssl
import sys
import tempfile
import threading

TIMEOUT = 20
BLOCK = 16 * 1024
RESTARTED = "HANDFAST_PEER_RESTARTED"

# IANA's names → the names of OpenSSL's configuration.
GROUPS = {
    "x25519": "X25519",
    "x448": "X448",
    "secp256r1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
    "ffdhe2048": "ffdhe2048",
    "ffdhe3072": "ffdhe3072",
}


def print_line(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def restart_with_configuration(arguments):
    """Starts this program again under an OpenSSL configuration that holds the restrictions, once."""
    if os.environ.get(RESTARTED) or not (arguments.groups or arguments.suites or arguments.signature_schemes):
        return
    lines = ["openssl_conf = start", "[start]", "ssl_conf = modules", "[modules]", "system_default = limits", "[limits]"]
    if arguments.groups:
        lines.append("Groups = " + ":".join(GROUPS[name] for name in arguments.groups.split(",")))
    if arguments.suites and not arguments.tls12:
        lines.append("Ciphersuites = " + arguments.suites.replace(",", ":"))
    if arguments.signature_schemes:
        lines.append("SignatureAlgorithms = " + arguments.signature_schemes.replace(",", ":"))
    descriptor, path = tempfile.mkstemp(suffix=".cnf")
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    os.environ[RESTARTED] = path
    os.environ["OPENSSL_CONF"] = path
    os.execv(sys.executable, [sys.executable, *sys.argv])


def make_context(arguments, protocol):
    context = ssl.SSLContext(protocol)
    if arguments.tls12:
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers((arguments.suites or "DEFAULT").replace(",", ":") + ":@SECLEVEL=0")
    elif not arguments.plain:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    if not arguments.tls12 and arguments.suites and "CCM_8" in arguments.suites:
        # OpenSSL counts the 8-byte tag as 64 bits of security, which only level 0 lets through.
        context.set_ciphers("ALL:@SECLEVEL=0")
    if arguments.ca:
        context.load_verify_locations(arguments.ca)
    if arguments.cert:
        context.load_cert_chain(arguments.cert, arguments.key)
    if arguments.alpn:
        context.set_alpn_protocols(arguments.alpn.split(","))
    if arguments.key_log:
        context.keylog_filename = arguments.key_log
    return context


def report(connection, received, error=None, **more):
    line = {"event": "connection", "bytes": received, "error": error and str(error), **more}
    if connection is not None and connection.version():
        certificate = connection.getpeercert()
        line.update(
            version=connection.version().replace("TLSv", "TLS "),
            suite=connection.cipher()[0],
            alpn=connection.selected_alpn_protocol(),
            resumed=bool(connection.session_reused),
            peerSubject=certificate and ", ".join(f"{k}={v}" for rdn in certificate["subject"] for k, v in rdn),
        )
    print_line(line)


def exchange(connection, size):
    """Sends the payload block by block and compares what comes back; returns the number of bytes received."""
    # Lines of text, since some servers echo line by line; neighbouring lines differ.
    payload = bytes(10 if index % 64 == 63 else 97 + (index + index // 64) % 26 for index in range(size))
    received = 0
    for start in range(0, size, BLOCK):
        block = payload[start : start + BLOCK]
        connection.sendall(block)
        answer = b""
        while len(answer) < len(block):
            part = connection.recv(len(block) - len(answer))
            if not part:
                raise ConnectionError("the server closed early")
            answer += part
        received += len(answer)
        if answer != block:
            raise ValueError("the echo differs from what was sent")
    return received


def client(arguments):
    context = make_context(arguments, ssl.PROTOCOL_TLS_CLIENT)
    context.post_handshake_auth = arguments.post_handshake_auth
    session = None
    for _ in range(arguments.connections):
        plain = socket.create_connection(("127.0.0.1", arguments.port), TIMEOUT)
        try:
            connection = context.wrap_socket(plain, server_hostname=arguments.server_name, session=session)
        except (OSError, ValueError) as error:
            report(None, 0, error)
            raise
        try:
            received = exchange(connection, arguments.bytes)
            if arguments.resume:
                session = connection.session
            report(connection, received)
            # Our close_notify, and the wait for the server's.
            connection.unwrap().close()
        except (OSError, ValueError) as error:
            report(connection, 0, error)
            raise


def echo(plain, context, arguments):
    connection, received, authenticated = None, 0, None
    try:
        plain.settimeout(TIMEOUT)
        connection = context.wrap_socket(plain, server_side=True)
        while block := connection.recv(BLOCK):
            if arguments.client_auth == "post-handshake" and received == 0:
                connection.verify_client_post_handshake()
            received += len(block)
            connection.sendall(block)
        if arguments.client_auth == "post-handshake":
            authenticated = connection.getpeercert() is not None
        report(connection, received, postHandshakeAuthenticated=authenticated)
        connection.unwrap().close()
    except (OSError, ValueError) as error:
        report(connection, received, error)


def server(arguments):
    context = make_context(arguments, ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0 if arguments.no_tickets else 2
    if arguments.client_auth == "request":
        context.verify_mode = ssl.CERT_OPTIONAL
    elif arguments.client_auth in ("require", "post-handshake"):
        context.verify_mode = ssl.CERT_REQUIRED
        context.post_handshake_auth = arguments.client_auth == "post-handshake"
    listener = socket.create_server(("127.0.0.1", arguments.port))

    def end_with_standard_input():
        while sys.stdin.buffer.read(BLOCK):
            pass
        os._exit(0)

    threading.Thread(target=end_with_standard_input, daemon=True).start()
    print_line({"event": "listening", "port": listener.getsockname()[1]})
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=echo, args=(plain, context, arguments), daemon=True).start()


def abilities():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    print_line(
        {
            "version": f"Python {sys.version.split()[0]} ({ssl.OPENSSL_VERSION.rsplit(' ', 3)[0]})",
            "suites": [cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] == "TLSv1.3"],
            "suites12": [cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"],
            "groups": list(GROUPS),
        }
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("role", choices=["client", "server", "abilities"])
    parser.add_argument("--port", type=int, default=0)
    for name in ("cert", "key", "ca", "groups", "suites", "signature-schemes", "alpn", "key-log"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--server-name", default="localhost")
    parser.add_argument("--client-auth", default="none", choices=["none", "request", "require", "post-handshake"])
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=100_000)
    for name in ("resume", "no-tickets", "plain", "tls12", "post-handshake-auth"):
        parser.add_argument(f"--{name}", action="store_true")
    arguments = parser.parse_args()
    restart_with_configuration(arguments)
    if os.environ.get(RESTARTED):
        os.unlink(os.environ.pop(RESTARTED))
    if arguments.role == "abilities":
        abilities()
    elif arguments.role == "client":
        try:
            client(arguments)
        except (OSError, ValueError) as error:
            sys.exit(str(error))
    else:
        server(arguments)


main()
