"""The file that stands for the bus on one machine: what it holds of a person goes with them."""

import json
from pathlib import Path

from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.infrastructure.files.events import EventFile
from succotash.settings import Settings
from succotash.wiring.messages import event_file
from tests.builders import NOON, a_message

ADA = ErasedPerson("adä@example.com", NOON)


def always() -> bool:
    return True


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(each) for each in path.read_text("utf-8").splitlines()]


def test_of_who_is_erased_events_keep_their_type_and_their_place(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    bus = EventFile(path)
    bus.publish(
        [
            a_message("a", payload={"email": "Adä@example.com", "texts": [{"text": "Hello"}]}),
            a_message("b", payload={"email": "grace@example.com"}),
            a_message("c", payload={"text": ["Ask adä@example.com", 1, None]}),
        ]
    )
    before, size = lines_of(path), path.stat().st_size

    assert bus.forget(ADA, always) == Forgotten(2)

    emptied = {"detail-type": before[0]["detail-type"], "detail": {}}
    assert lines_of(path) == [emptied, before[1], emptied]
    assert path.stat().st_size == size
    assert bus.forget(ADA, always) == Forgotten(0)
    bus.publish([a_message("later")])
    assert len(lines_of(path)) == 4


def test_a_search_that_has_no_time_says_so(tmp_path: Path) -> None:
    bus = EventFile(tmp_path / "events.ndjson")
    assert bus.forget(ADA, lambda: False) == Forgotten(0), "there is no file"
    bus.publish([a_message()])
    assert bus.forget(ADA, lambda: False) == Forgotten(0, is_complete=False)


def test_only_a_file_is_searched(tmp_path: Path) -> None:
    def found(address: str) -> bool:
        settings = Settings.from_environment({"EVENT_BUS": address})
        return event_file(settings) is not None

    assert found(f"file:{tmp_path}/events.ndjson")
    assert not found("default")
    assert event_file(Settings.from_environment({})) is None
