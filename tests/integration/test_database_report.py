"""The page on a database's state, on a real one."""

import pytest
from rich.console import Console

from local.database_report import SECTIONS, Bound, Found, Section, main, show
from tests.databases import migrated_database
from tests.servers import PostgresServer


def titles(text: str) -> list[str]:
    return [line[2:] for line in text.splitlines() if line.startswith("# ")]


def lines_of(text: str, title: str) -> list[list[str]]:
    """A section of the plain page, its cells."""
    _, _, rest = text.partition(f"# {title}\n")
    return [line.split("\t") for line in rest.partition("\n\n")[0].splitlines()]


def test_every_section_is_there_and_no_size_is_missed(
    postgres_server: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with migrated_database(postgres_server) as settings:
        assert main(["--plain", "--url", postgres_server.url(settings.database)]) == 0
    text = capsys.readouterr().out

    assert titles(text) == [each.title for each in SECTIONS]
    sizes = {row[0] for row in lines_of(text, "Sizes")[1:]}
    assert {"forms", "leads", "orders", "activity_events", "outbox"} <= sizes
    assert not any(name.startswith("orders_p") for name in sizes), "partitions count as one table"
    partitions = {row[0]: row[1] for row in lines_of(text, "Partitions")[1:]}
    assert partitions["orders"] == partitions["activity_events"] == "16"
    [counted] = lines_of(text, "Messages that wait")[1:]
    assert counted == ["0", "0", "0", "-"]


def test_what_waits_and_what_runs_is_counted(
    postgres_server: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        migrated_database(postgres_server) as settings,
        postgres_server.connect(settings.database) as connection,
    ):
        connection.run(
            "INSERT INTO outbox"
            " (message_id, kind, occurred_at, subject_id, due_at, set_aside_at) VALUES"
            " ('a', 'lead.created', now() - interval '1 hour', 's', now(), NULL),"
            " ('b', 'lead.created', now(), 's', now() + interval '1 hour', NULL),"
            " ('c', 'lead.created', now(), 's', now(), now())"
        )
        connection.run("SET application_name = 'succotash:form_intake:abc'")
        main(["--plain", "--url", postgres_server.url(settings.database)])
    text = capsys.readouterr().out

    [counted] = lines_of(text, "Messages that wait")[1:]
    assert counted[:3] == ["2", "1", "1"]
    assert counted[3].startswith("01:00")
    sessions = [row[0] for row in lines_of(text, "Sessions by function and state")[1:]]
    assert "form_intake" in sessions


def test_a_database_without_the_schema_says_so_and_shows_the_rest(
    postgres_server: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with postgres_server.new_database() as database:
        assert main(["--plain", "--url", postgres_server.url(database)]) == 0
    text = capsys.readouterr().out

    assert lines_of(text, "Scoring runs") == [["not there; see docs/how-to/observe.md"]]
    assert len(lines_of(text, "Connections")) == 2


def test_a_role_without_rights_is_told_what_it_may_not_see(
    postgres_server: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        migrated_database(postgres_server) as settings,
        postgres_server.new_user() as (user, password),
    ):
        url = postgres_server.url(settings.database, user, password)
        assert main(["--plain", "--url", url]) == 0
    text = capsys.readouterr().out

    assert lines_of(text, "Messages that wait") == [["this role may not see it"]]


def test_a_server_that_is_not_there_is_one_sentence_without_the_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--url", "postgresql://somebody:hunter2@localhost:1/none"]) == 1
    said = capsys.readouterr().err

    assert said.startswith("no report: ")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("value", "colour"), [(0.2, ""), (0.7, "yellow"), (0.89, "yellow"), (0.9, "red"), (None, "")]
)
def test_a_row_is_coloured_by_its_bound(value: float | None, colour: str) -> None:
    section = Section("Anything", {"share": "share"}, "", bound=Bound("share", yellow=0.7, red=0.9))
    console = Console(record=True, force_terminal=True, color_system="standard", width=60)
    show(console, Found(section, [[value]]))

    text = console.export_text(styles=True)
    codes = {"": None, "yellow": "33m", "red": "31m"}
    assert all((code in text) == (name == colour) for name, code in codes.items() if code)


def test_numbers_that_should_be_large_are_coloured_below_their_bound() -> None:
    bound = Bound("share", yellow=0.95, is_least=True)
    assert [bound.colour(each) for each in (0.5, 0.95, 1)] == ["yellow", "", ""]
