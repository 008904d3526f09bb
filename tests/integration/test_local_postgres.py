import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pg8000.native
import pytest

from local.postgres import local_postgres


@pytest.fixture
def place() -> Iterator[Path]:
    """Not in pytest's own folder, which every session of pytest closes to other users.

    As root, the server runs as one of those.
    """
    with TemporaryDirectory(prefix="succotash-postgres-") as folder:
        yield Path(folder)


def connect(url: str) -> pg8000.native.Connection:
    parts = urlsplit(url)
    return pg8000.native.Connection(
        parts.username or "",
        password=parts.password,
        host=parts.hostname or "",
        port=parts.port or 0,
        database="postgres",
    )


def test_the_data_the_port_and_the_password_stay_from_one_start_to_the_next(
    place: Path,
) -> None:
    folder, url_file = place / "a folder" / "postgres", place / "postgres.url"
    with local_postgres(folder, url_file) as first, closing(connect(first)) as connection:
        connection.run("CREATE TABLE kept AS SELECT 42 AS number")

    with local_postgres(folder, url_file) as second, closing(connect(second)) as connection:
        assert connection.run("SELECT number FROM kept") == [[42]]
        assert second == first
    assert stat.S_IMODE(url_file.stat().st_mode) == 0o600


def test_nobody_gets_in_without_the_password(place: Path) -> None:
    with local_postgres(place / "postgres", place / "postgres.url") as url:
        with pytest.raises(pg8000.native.DatabaseError) as caught:
            connect(url.replace(urlsplit(url).password or "", "guessed"))
        assert caught.value.args[0]["C"] == "28P01"


def test_it_is_stopped_when_the_block_ends_however_it_ends(place: Path) -> None:
    url_file = place / "postgres.url"
    with pytest.raises(LookupError), local_postgres(place / "postgres", url_file):
        raise LookupError

    with pytest.raises(pg8000.native.InterfaceError):
        connect(url_file.read_text().strip())
    assert not (place / "postgres" / "postmaster.pid").exists()


def test_a_lost_address_gets_a_new_password_and_keeps_the_data(place: Path) -> None:
    folder, url_file = place / "postgres", place / "postgres.url"
    with local_postgres(folder, url_file) as first, closing(connect(first)) as connection:
        connection.run("CREATE TABLE kept AS SELECT 42 AS number")
    url_file.unlink()

    with local_postgres(folder, url_file) as second, closing(connect(second)) as connection:
        assert connection.run("SELECT number FROM kept") == [[42]]
        assert urlsplit(second).password != urlsplit(first).password
