"""Which horizons are judged, and how a value says on how many days its model was."""

import json

import pytest

from succotash.domain.models.horizons import judged_horizons
from succotash.domain.scoring.judgement import Judgement


@pytest.mark.parametrize(
    ("longest", "also", "horizons"),
    [
        (365, (), [30, 90, 180, 365]),
        (273, (90, 180), [30, 90, 180, 273]),
        (136, (90, 136), [30, 90, 136]),
        (45, (45,), [30, 45]),
        (7, (), [7]),
        (400, (14,), [14, 30, 90, 180, 365, 400]),
    ],
)
def test_errors_are_reported_at_as_many_horizons_as_there_are_days(
    longest: int, also: tuple[int, ...], horizons: list[int]
) -> None:
    assert judged_horizons(longest, also=also) == horizons


@pytest.mark.parametrize(
    ("judgement", "note"),
    [
        (
            Judgement(365, None),
            "The 365 days ahead were never judged: the history is too short to hold any days out.",
        ),
        (
            Judgement(60, 30, -12.1, -15.6),
            (
                "Judged on 30 held-out days; values look 60 days ahead, 30 days further than "
                "anything judged."
            ),
        ),
        (
            Judgement(365, 365, 1.0, None),
            "Judged on 365 held-out days, as far as values look ahead.",
        ),
    ],
)
def test_a_judgement_says_in_words_how_far_it_reaches(judgement: Judgement, note: str) -> None:
    kept = json.loads(json.dumps(judgement.to_dict(), allow_nan=False))

    assert kept["note"] == note
    assert Judgement.of_dict(kept) == judgement


def test_what_nobody_kept_is_no_judgement() -> None:
    with pytest.raises(TypeError):
        Judgement.of_dict({"horizon_days": 365})
