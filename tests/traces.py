"""Searching everything that holds data for an address, however it is written there."""

import base64
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import boto3

from succotash.domain.intake.queued_submissions import COMPRESSED
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.infrastructure.in_memory.table import Table
from tests.servers import PostgresServer

type Contents = Mapping[str, bytes]
"""What was found where."""


def patterns_of(spellings: Iterable[str]) -> re.Pattern[bytes]:
    """Finds the spellings of an address: as they are in any case, in URLs, HTML, JSON, base64."""
    plain: set[bytes] = set()
    exact: set[bytes] = set()
    for each in spellings:
        local, _, domain = each.partition("@")
        for between in ("@", "%40", "&#64;", "\\u0040", "=40"):
            plain.add(f"{local}{between}{domain}".encode())
        plain |= {
            quote(each, safe="").encode(),
            each.encode("utf-16-le"),
            each.encode().hex().encode(),
        }
        for shift in range(3):
            # Of the characters at both ends, bits belong to what stands beside the address.
            text = base64.b64encode(b"\0" * shift + each.encode() + b"\0" * 3).decode()
            exact.add(text[-(-shift * 8 // 6) + (shift > 0) : len(each) * 8 // 6].encode())
    anyhow = b"|".join(map(re.escape, sorted(plain)))
    return re.compile(b"(?i:" + anyhow + b")|" + b"|".join(map(re.escape, sorted(exact))))


def holding(pattern: re.Pattern[bytes], contents: Contents) -> list[str]:
    """Where it is found, by name."""
    return sorted(name for name, content in contents.items() if pattern.search(_readable(content)))


def _readable(content: bytes) -> bytes:
    if content.startswith(COMPRESSED.encode()):
        packed = base64.b64decode(content.removeprefix(COMPRESSED.encode()))
        return content + zlib.decompress(packed)
    return content


def in_memory(storage: InMemoryStorage) -> dict[str, bytes]:
    """Every table, its indexes included, and what a transaction would take back."""
    tables = storage._tables  # noqa: SLF001 - whatever is in it
    found = {
        f"table {name}": repr((each._rows, [vars(index) for index in each._indexes])).encode()  # noqa: SLF001
        for name, each in vars(tables).items()
        if isinstance(each, Table)
    }
    return found | {"table log": repr(tables._log).encode()}  # noqa: SLF001


def in_sqlite(path: Path) -> dict[str, bytes]:
    """Every row of every table; the files' bytes are found beside them."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        for name in names:
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - from the schema
            found[f"table {name}"] = repr(rows).encode()
    return found


def in_postgres(server: PostgresServer, database: str) -> dict[str, bytes]:
    """Every row of every table, what sessions say of themselves, and the server's log."""
    with server.connect(database) as connection:
        names = connection.run(
            "SELECT c.oid::regclass::text FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        )
        found = {}
        for (name,) in names:
            rows = connection.run(f"SELECT whole::text FROM {name} AS whole")  # noqa: S608 - from the catalogue
            found[f"table {name}"] = repr(rows).encode()
        found["sessions"] = repr(connection.run("SELECT * FROM pg_stat_activity")).encode()
        [[data]] = connection.run("SHOW data_directory")
    log = Path(data) / "log"
    return found | ({"server's log": log.read_bytes()} if log.is_file() else {})


def in_files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and the names of all."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    found = {f"file {each.relative_to(folder)}": each.read_bytes() for each in files}
    return found | {"names of files": repr(sorted(found)).encode()}


def in_objects(*buckets: str) -> dict[str, bytes]:
    """Every object of the buckets, and their keys."""
    client = boto3.client("s3")
    found = {}
    for bucket in buckets:
        for each in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
            body = client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
            found[f"object {bucket}/{each['Key']}"] = body
    return found | {"keys of objects": repr(sorted(found)).encode()}


def in_queues(*urls: str) -> dict[str, bytes]:
    """Every message of the queues, which all of them give again."""
    client = boto3.client("sqs")
    found: dict[str, bytes] = {}
    for url in urls:
        out = list(_received(url))
        for each in out:
            found[f"message {url.rpartition('/')[2]} {each['MessageId']}"] = each["Body"].encode()
            found[f"attributes of {each['MessageId']}"] = repr(
                (each.get("Attributes"), each.get("MessageAttributes"))
            ).encode()
        for each in out:
            client.change_message_visibility(
                QueueUrl=url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0
            )
    return found


def _received(url: str) -> Iterator[Mapping[str, str]]:
    client = boto3.client("sqs")
    while True:
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        if not answer.get("Messages"):
            return
        yield from answer["Messages"]  # type: ignore[misc]
