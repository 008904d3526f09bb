"""A simulation that was broken off goes on from what its file holds."""

from pathlib import Path

import pytest

from local.simulation_results import SimulationResults, ToldCampaign

TOLD = [
    ToldCampaign("no effect", 0, "not_enough_evidence", 8, -1.5, 2.25),
    ToldCampaign("no effect", 1, "not_enough_evidence", 8, None, None),
    ToldCampaign("large", 0, "more", 3, 4.0, 9.0),
]


def test_what_was_told_is_read_again_without_a_line_that_was_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    first = SimulationResults(file)
    first.add(TOLD[:2])
    first.add(TOLD[2:])
    file.write_bytes(file.read_bytes() + b'{"effect": "large", "se')

    again = SimulationResults(file)

    assert again.of("no effect", range(2)) == TOLD[:2]
    assert (again.has("large", 0), again.has("large", 1)) == (True, False)
    with pytest.raises(KeyError):
        again.of("large", range(2))
    later = ToldCampaign("large", 1, "more", 2, 5.0, 9.5)
    again.add([later])
    assert SimulationResults(file).of("large", range(2)) == [TOLD[2], later]


def test_an_interval_covers_what_lies_in_it_and_none_covers_everything() -> None:
    bounded, unbounded, _ = TOLD
    assert [bounded.covers(each) for each in (-1.6, -1.5, 0, 2.25, 2.3)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert unbounded.covers(1e9)
