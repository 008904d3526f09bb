"""Whose probability of silence is believed, on simulated customers whose truth is known."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit

from succotash.domain.models.churn import (
    InactivityModel,
    Source,
    choose_silence,
    purchases_beside,
)
from succotash.domain.models.purchases import Array

CUSTOMERS = 20_000


def words(seed: int = 1) -> tuple[np.random.Generator, Array, Array]:
    """Chance, and what two models say that know different things."""
    chance = np.random.default_rng(seed)
    presence, purchases = expit(chance.normal(0.5, 1.5, (2, CUSTOMERS)))
    return chance, presence, purchases


def became(chance: np.random.Generator, truth: Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return chance.random(len(truth)) < truth


@pytest.mark.parametrize("source", list(Source))
def test_the_source_that_tells_the_truth_is_found(source: Source) -> None:
    chance, presence, purchases = words()
    truth = {
        Source.PRESENCE: presence,
        Source.PURCHASES: purchases,
        Source.BOTH: expit(-0.4 + 0.7 * logit(presence) + 0.6 * logit(purchases)),
    }[source]

    found = choose_silence(presence, purchases, became(chance, truth))

    assert found.chosen.source is source
    assert str(source) in found.chosen.reason
    said = found.chosen.probability(presence, purchases)
    assert np.abs(said - truth).mean() < 0.01
    assert [each.value for each in found.results] == ["presence", "purchases", "both"]


def test_weights_are_those_of_the_truth_and_those_who_never_bought_have_their_own() -> None:
    chance, presence, purchases = words()
    purchases[::3] = np.nan
    truth = np.where(
        np.isnan(purchases),
        expit(1.0 + 0.5 * logit(presence)),
        expit(-0.4 + 0.7 * logit(presence) + 0.6 * logit(purchases)),
    )

    weights = choose_silence(presence, purchases, became(chance, truth)).chosen.weights

    assert weights.bought == pytest.approx((-0.4, 0.7, 0.6), abs=0.08)
    assert weights.never_bought == pytest.approx((1.0, 0.5, 0.0), abs=0.08)


def test_one_model_that_is_too_sure_of_itself_is_calibrated() -> None:
    chance, truth, _ = words()
    too_sure = expit(2 * logit(truth))

    found = choose_silence(too_sure, too_sure, became(chance, truth))

    assert list(found.results) == [Source.PRESENCE, Source.BOTH]
    assert found.chosen.source is Source.BOTH
    assert found.chosen.weights.bought == pytest.approx((0, 0.5, 0), abs=0.05)


def test_a_model_is_not_turned_around() -> None:
    chance, presence, _ = words()
    wrong = choose_silence(presence, presence, became(chance, 1 - presence))
    assert wrong.chosen.weights.bought[1] == 0.0


def test_the_purchase_models_word_is_not_asked_of_those_who_never_bought() -> None:
    model = InactivityModel(Source.PURCHASES)
    said = model.probability(np.array([0.1, 0.2]), np.array([0.7, np.nan]))
    assert said.tolist() == [0.7, 0.2]


def test_with_few_customers_nothing_is_weighed() -> None:
    presence = np.linspace(0.1, 0.9, 100)
    silent = np.arange(100) % 2 == 0
    assert list(choose_silence(presence, presence, silent).results) == [Source.PRESENCE]
    nobody = choose_silence(np.empty(0), np.empty(0), np.empty(0, dtype=np.bool_))
    assert nobody.chosen.source is Source.PRESENCE


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_all_fared_alike_the_presence_models_word_is_taken(share: float) -> None:
    _, presence, purchases = words()
    silent = np.full(CUSTOMERS, bool(share))
    found = choose_silence(presence, purchases, silent)
    assert Source.BOTH not in found.results
    json.dumps(found.to_dict(), allow_nan=False)


def test_certainties_that_proved_wrong_are_weighed_all_the_same() -> None:
    chance, presence, purchases = words()
    presence[:500], purchases[:500] = 0.0, 1.0
    found = choose_silence(presence, purchases, became(chance, np.full(CUSTOMERS, 0.5)))
    said = found.chosen.probability(presence, purchases)
    assert np.isfinite(said).all()
    assert ((said >= 0) & (said <= 1)).all()


@pytest.mark.parametrize("source", list(Source))
def test_what_is_kept_with_a_run_comes_back(source: Source) -> None:
    chance, presence, purchases = words()
    chosen = choose_silence(presence, purchases, became(chance, presence * purchases)).chosen
    model = InactivityModel(
        source,
        chosen.reason,
        chosen.weights if source is Source.BOTH else InactivityModel().weights,
    )
    kept = json.loads(json.dumps(model.to_dict(), allow_nan=False))
    assert InactivityModel.of_dict(kept) == model


def test_a_run_from_before_there_was_a_choice_goes_by_the_presence_model() -> None:
    assert InactivityModel.of_dict(None) == InactivityModel()
    with pytest.raises(TypeError):
        InactivityModel.of_dict({"source": "presence"})


def test_buyers_are_found_among_all_customers() -> None:
    found = purchases_beside(["a", "b", "c"], ["c", "a"], np.array([0.3, 0.1]))
    assert found[[0, 2]].tolist() == [0.1, 0.3]
    assert np.isnan(found[1])
