"""The world outside, on this machine: web services with a certificate, a mail server, names."""

import datetime
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Asked:
    """One request that a web service received."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """A web service on this machine.

    Attributes:
        answer: what it answers: status, headers, pieces of the body.
        asked: what it was asked.
        given: how many bytes of its answers were taken.
        never: set at the end; an answer that waits for it is never given.
    """

    port: int
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = (b"{}",)
    pause: float = 0
    asked: list[Asked] = field(default_factory=list)
    given: int = 0
    never: threading.Event = field(default_factory=threading.Event)

    def answers(self, *pieces: bytes, status: int = 200, pause: float = 0, **headers: str) -> None:
        """Set what is answered from now on; `pause` seconds before each piece."""
        self.pieces, self.status, self.pause, self.headers = pieces, status, pause, headers

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Keep what was asked, and answer as told."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.asked.append(Asked(request.path, dict(request.headers), body))
        with suppress(OSError):  # who asked has enough
            request.send_response(self.status)
            for name, value in self.headers.items():
                request.send_header(name, value)
            request.send_header("Connection", "close")
            request.end_headers()
            for piece in self.pieces:
                if self.pause and self.never.wait(self.pause):
                    return
                request.wfile.write(piece)
                self.given += len(piece)


@contextmanager
def web(tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Run a web service, with TLS if a context is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.serve(self)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = Web(server.server_port)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with _running(server):
        yield service
        service.never.set()


@dataclass
class Mail:
    """A mail server: what was handed to it."""

    port: int
    letters: list[str] = field(default_factory=list)


@contextmanager
def mail() -> Iterator[Mail]:
    """Run a mail server that takes everything."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline():
                if line.upper().startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                    server_.letters.append(letter.decode())
                self.wfile.write(b"250 fine\r\n" if line[:4].upper() != b"QUIT" else b"221 bye\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server_ = Mail(server.server_address[1])
    with _running(server):
        yield server_


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder: Path, *hosts: str) -> tuple[ssl.SSLContext, Path]:
    """Return a server's TLS context for `hosts`, and the file of who vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(h) for h in hosts]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


@dataclass
class Names:
    """What hosts are called: addresses by name, and which names were asked for.

    A name with several answers gives them one after the other, and then keeps the last.
    """

    addresses: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _real = staticmethod(socket.getaddrinfo)

    def getaddrinfo(self, host: str, port: int, *args: object, **more: object) -> list:
        """Answer in place of `socket.getaddrinfo`."""
        if host not in self.addresses:
            return self._real(host, port, *args, **more)
        self.asked.append(host)
        answers = self.addresses[host]
        address, its_port = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, its_port or port))]
