"""A Postgres that speaks TLS, which the embedded one was not built with: what stands before it does."""

import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@dataclass(frozen=True)
class Authority:
    """Signs certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, name: str) -> "Authority":
        """One that signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key, _signed(name, key, name, key, is_authority=True))

    @property
    def pem(self) -> str:
        """What clients are to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def certify(self, address: str, folder: Path) -> ssl.SSLContext:
        """A server's context with a certificate for this IP address."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(address, key, self.certificate.subject.rfc4514_string()[3:], self.key)
        file = folder / f"{address}.pem"
        no_password = serialization.NoEncryption()
        encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
        file.write_bytes(encoded + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        address = x509.IPAddress(ipaddress.ip_address(name))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


@contextmanager
def tls_before(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """The port at which the plain Postgres at `port` of this machine is reached by TLS, and by nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=_serve, args=(server.accept()[0], port, context), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]


def _serve(plain: socket.socket, port: int, context: ssl.SSLContext) -> None:
    with suppress(OSError), plain:
        if plain.recv(len(SSL_REQUEST)) != SSL_REQUEST:
            return
        plain.sendall(b"S")
        with (
            context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(("127.0.0.1", port)) as postgres,
        ):
            back = threading.Thread(target=_pass_on, args=(postgres, client), daemon=True)
            back.start()
            _pass_on(client, postgres)
            back.join(5)


def _pass_on(origin: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := origin.recv(65_536):
            to.sendall(data)
    with suppress(OSError):
        to.shutdown(socket.SHUT_WR)
