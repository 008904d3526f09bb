"""Servers that will not encrypt, or are not who they should be."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from succotash.errors import SettingsError
from succotash.infrastructure.postgres.connection_settings import (
    RDS_AUTHORITIES,
    ConnectionSettings,
    SslMode,
)
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.errors import ConnectError
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.rows import values


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate that vouches for itself, and the key beside it."""

    path: Path

    def server_side(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context


def a_certificate(directory: Path, address: str = "127.0.0.1") -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a database")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{certificate.serial_number}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return Certificate(path)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return a_certificate(tmp_path)


@pytest.fixture
def encrypted(settings: ConnectionSettings, certificate: Certificate) -> Iterator[Proxy]:
    """The server behind TLS."""
    with proxy_to((settings.host, settings.port), certificate.server_side()) as proxy:
        yield proxy


def test_a_server_with_a_certificate_to_trust_is_used_encrypted(
    settings: ConnectionSettings, encrypted: Proxy, certificate: Certificate
) -> None:
    connection = Connector(through(encrypted, settings, certificate.path)).connect()

    rows = connection.run("SELECT :x::text AS x", {"x": "secret"})
    assert values(rows, "x") == ["secret"]
    assert connection.is_quiet()
    connection.close()


def test_a_server_with_somebody_elses_certificate_gets_no_password(
    settings: ConnectionSettings, encrypted: Proxy, tmp_path: Path
) -> None:
    other = a_certificate(tmp_path)

    with pytest.raises(ConnectError, match="certificate is not trusted"):
        Connector(through(encrypted, settings, other.path)).connect()
    assert encrypted.round_trips == 0


def test_the_authorities_of_rds_vouch_for_nobody_else(
    settings: ConnectionSettings, encrypted: Proxy
) -> None:
    with pytest.raises(ConnectError, match="certificate is not trusted"):
        Connector(through(encrypted, settings, RDS_AUTHORITIES)).connect()


def test_the_authorities_of_rds_are_amazons() -> None:
    subjects = [
        str(each["subject"])
        for each in ssl.create_default_context(cafile=RDS_AUTHORITIES).get_ca_certs()
    ]
    assert len(subjects) == RDS_AUTHORITIES.read_text("utf-8").count("BEGIN CERTIFICATE")
    assert all("'Amazon" in each or "'Starfield Technologies" in each for each in subjects)
    for name in ("Amazon Root CA 1", "Amazon RDS eu-central-1 Root CA RSA2048 G1"):
        assert any(name in each for each in subjects)


def test_a_certificate_for_another_address_is_not_trusted(
    settings: ConnectionSettings, tmp_path: Path
) -> None:
    elsewhere = a_certificate(tmp_path, "192.0.2.1")
    with (
        proxy_to((settings.host, settings.port), elsewhere.server_side()) as proxy,
        pytest.raises(ConnectError, match="certificate is not trusted"),
    ):
        Connector(through(proxy, settings, elsewhere.path)).connect()


def test_require_encrypts_without_asking_who_it_is(
    settings: ConnectionSettings, encrypted: Proxy
) -> None:
    asked = replace(through(encrypted, settings, None), sslmode=SslMode.REQUIRE)
    connection = Connector(asked).connect()

    assert values(connection.run("SELECT 1 AS one", {}), "one") == [1]
    connection.close()


@pytest.mark.parametrize("sslmode", [SslMode.REQUIRE, SslMode.VERIFY_FULL])
def test_a_server_that_will_not_encrypt_gets_nothing(
    settings: ConnectionSettings, sslmode: SslMode
) -> None:
    received: list[bytes] = []

    def refuse(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            received.append(client.recv(8))
            client.sendall(b"N")
            received.append(client.recv(1024))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Thread(target=refuse, args=(listener,))
        server.start()
        port = listener.getsockname()[1]
        asked = replace(settings, host="127.0.0.1", port=port, sslmode=sslmode)
        with pytest.raises(ConnectError, match="refuses to encrypt") as raised:
            Connector(asked).connect()
        server.join()

    assert not raised.value.passing
    assert received == [bytes.fromhex("0000000804d2162f"), b""]


def test_a_missing_file_of_authorities_is_named(
    settings: ConnectionSettings, encrypted: Proxy, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="DB_SSLROOTCERT"):
        Connector(through(encrypted, settings, tmp_path / "missing.pem")).connect()


def through(
    proxy: Proxy, settings: ConnectionSettings, authorities: Path | None
) -> ConnectionSettings:
    return replace(
        settings,
        host="127.0.0.1",
        port=proxy.port,
        sslmode=SslMode.VERIFY_FULL,
        sslrootcert=authorities,
    )
