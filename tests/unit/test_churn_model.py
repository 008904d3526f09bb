"""P(no purchase and no activity), on simulated customers whose truth is known."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.churn import (
    InactivityBasis,
    InactivityModel,
    Source,
    Weights,
    choose_inactivity,
    rows_of_buyers,
)
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
from succotash.domain.models.purchases import Array, PurchaseModel

CUSTOMERS = 20_000
DAYS = 90.0


def signs(seed: int = 1) -> tuple[np.random.Generator, InactivityBasis]:
    """Chance, and what the models say of buyers who are all active too."""
    chance = np.random.default_rng(seed)
    alive = expit(chance.normal(1.5, 1.5, CUSTOMERS))
    no_purchase, no_activity = expit(chance.normal(0.5, 1.5, (2, CUSTOMERS)))
    every = np.ones(CUSTOMERS, dtype=np.bool_)
    return chance, InactivityBasis(every, every, alive, no_purchase, no_activity)


def became(chance: np.random.Generator, truth: Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return chance.random(len(truth)) < truth


@pytest.mark.parametrize("source", list(Source))
def test_the_source_that_tells_the_truth_is_found(source: Source) -> None:
    chance, basis = signs()
    truth = InactivityModel(source, weights=Weights(active=(1.0, 0.4))).probability(basis)

    found = choose_inactivity(basis, became(chance, truth), DAYS)

    assert found.chosen.source is source
    assert str(source) in found.chosen.reason
    assert np.abs(found.chosen.probability(basis) - truth).mean() < 0.01
    assert [each.value for each in found.results] == ["purchases", "presence", "both"]
    assert found.to_dict()["holdout_days"] == DAYS


def test_weights_are_those_of_the_truth_for_each_kind_of_customer() -> None:
    chance, basis = signs()
    kinds = np.arange(CUSTOMERS) % 3
    basis = InactivityBasis(
        has_bought=kinds > 0,
        is_active=kinds < 2,
        alive=basis.alive,
        no_purchase=np.where(kinds > 0, basis.no_purchase, 1.0),
        no_activity=basis.no_activity,
    )
    truth = Weights(active=(-0.4, 0.7), never_bought=(1.0, 0.5), inactive=2.0)
    silent = became(chance, InactivityModel(Source.BOTH, weights=truth).probability(basis))

    weights = choose_inactivity(basis, silent, DAYS).chosen.weights

    assert weights.active == pytest.approx(truth.active, abs=0.12)
    assert weights.never_bought == pytest.approx(truth.never_bought, abs=0.12)
    assert weights.inactive == pytest.approx(truth.inactive, abs=0.25)


def test_visits_of_robots_are_not_counted_on() -> None:
    """Presence says that everybody will be active; those who left are not, nor those who stay."""
    chance, basis = signs()
    robots = InactivityBasis(
        basis.has_bought,
        basis.is_active,
        basis.alive,
        basis.no_purchase,
        np.full(CUSTOMERS, 0.01),
    )
    silent = became(chance, InactivityModel(Source.PURCHASES).probability(basis))

    found = choose_inactivity(robots, silent, DAYS).chosen

    truth = InactivityModel(Source.PURCHASES).probability(basis)
    assert np.abs(found.probability(robots) - truth).mean() < 0.02


def test_a_model_is_not_turned_around() -> None:
    chance, basis = signs()
    opposite = InactivityBasis(
        basis.has_bought, basis.is_active, basis.alive, basis.no_purchase, 1 - basis.no_activity
    )
    truth = InactivityModel(Source.ACTIVITY).probability(opposite)

    chosen = choose_inactivity(basis, became(chance, truth), DAYS).chosen

    assert chosen.weights.active[1] == pytest.approx(0.0, abs=1e-6)


def test_without_activity_the_purchase_model_has_the_only_word_and_later_activity_counts() -> None:
    chance, basis = signs()
    nobody = np.zeros(CUSTOMERS, dtype=np.bool_)
    alone = InactivityBasis(
        basis.has_bought, nobody, basis.alive, basis.no_purchase, basis.no_activity
    )
    of_purchases = InactivityModel(Source.PURCHASES).probability(alone)

    found = choose_inactivity(alone, became(chance, of_purchases), DAYS)

    assert found.chosen.source is Source.ACTIVITY
    assert list(found.results) == [Source.ACTIVITY]
    assert InactivityModel().probability(alone).tolist() == of_purchases.tolist()


def test_where_hardly_anybody_is_active_nothing_is_weighed() -> None:
    """Weights would make up for a purchase model that is wrong, and call it activity."""
    chance, basis = signs()
    few = InactivityBasis(
        basis.has_bought,
        np.arange(CUSTOMERS) < 50,
        basis.alive,
        basis.no_purchase,
        basis.no_activity,
    )
    of_purchases = InactivityModel(Source.PURCHASES).probability(few)

    found = choose_inactivity(few, became(chance, 0.9 * of_purchases), DAYS)

    assert list(found.results) == [Source.PURCHASES, Source.ACTIVITY]


def test_with_few_customers_nothing_is_weighed() -> None:
    few = signs()[1].only(np.arange(CUSTOMERS) < 100)
    silent = np.arange(100) % 2 == 0
    assert list(choose_inactivity(few, silent, DAYS).results) == [
        Source.PURCHASES,
        Source.ACTIVITY,
    ]
    nobody = few.only(np.zeros(100, dtype=np.bool_))
    found = choose_inactivity(nobody, np.empty(0, dtype=np.bool_), DAYS)
    assert found.chosen.source is Source.ACTIVITY


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_all_fared_alike_nothing_is_weighed(share: float) -> None:
    _, basis = signs()
    found = choose_inactivity(basis, np.full(CUSTOMERS, bool(share)), DAYS)
    assert Source.BOTH not in found.results
    json.dumps(found.to_dict(), allow_nan=False)


def test_certainties_that_proved_wrong_are_weighed_all_the_same() -> None:
    chance, basis = signs()
    sure = InactivityBasis(
        basis.has_bought,
        basis.is_active,
        np.where(basis.alive > 0.9, 1.0, np.where(basis.alive < 0.2, 0.0, basis.alive)),
        np.where(basis.no_purchase > 0.9, 0.0, basis.no_purchase),
        np.where(basis.no_activity > 0.5, 1.0, 0.0),
    )
    found = choose_inactivity(sure, became(chance, np.full(CUSTOMERS, 0.5)), DAYS)
    said = found.chosen.probability(sure)
    assert ((said >= 0) & (said <= 1)).all()


@pytest.mark.parametrize("source", list(Source))
def test_what_is_kept_with_a_run_comes_back(source: Source) -> None:
    weights = Weights((0.1, 0.2), (0.3, 0.4), 0.5) if source is Source.BOTH else Weights()
    model = InactivityModel(source, "a reason", weights)
    kept = json.loads(json.dumps(model.to_dict(), allow_nan=False))
    assert InactivityModel.of_dict(kept) == model


def test_what_nobody_kept_is_no_model() -> None:
    with pytest.raises(TypeError):
        InactivityModel.of_dict({"source": "presence"})


def test_buyers_are_found_among_all_customers() -> None:
    assert rows_of_buyers(["a", "b", "c"], ["c", "a"]).tolist() == [1, -1, 0]


MODELS: list[PurchaseModel] = [
    BGNBD(0.25, 38.0, 0.62, 2.7),
    MBGNBD(0.5, 45.0, 0.9, 1.6),
    ParetoNBD(0.55, 75.0, 0.6, 90.0),
]
numbers = st.floats(-30, 30)
histories = st.tuples(st.integers(0, 400), st.floats(0, 1), st.integers(1, 900))


@given(
    purchases=st.sampled_from(MODELS),
    activity=st.sampled_from(MODELS),
    rows=st.lists(st.tuples(histories, histories, st.booleans()), min_size=1, max_size=8),
    days=st.integers(1, 800),
    source=st.sampled_from(list(Source)),
    weights=st.builds(Weights, st.tuples(numbers, numbers), st.tuples(numbers, numbers), numbers),
)
@settings(deadline=None)
def test_inactivity_lies_between_having_left_and_buying_nothing(
    purchases: PurchaseModel,
    activity: PurchaseModel,
    rows: list[tuple[tuple[int, float, int], tuple[int, float, int], bool]],
    days: int,
    source: Source,
    weights: Weights,
) -> None:
    def history(place: int) -> tuple[Array, Array, Array]:
        frequency, share, age = np.array([row[place] for row in rows], dtype=np.float64).T
        frequency = np.minimum(frequency, age)
        recency = np.where(frequency > 0, np.maximum(np.floor(share * age), 1.0), 0.0)
        return frequency, recency, age

    bought, present = history(0), history(1)
    has_bought = np.array([row[2] for row in rows])
    places = np.where(has_bought, np.arange(len(rows)), -1)
    basis = InactivityBasis.of(purchases, activity, bought, present, places, days)
    inactive = InactivityModel(source, weights=weights).probability(basis)

    buys_nothing = purchases.probability_inactive(*bought, days)
    alive = purchases.probability_alive(*bought)
    assert (inactive >= 1 - basis.alive).all()
    assert (inactive <= 1).all()
    assert (inactive[has_bought] <= buys_nothing[has_bought]).all()
    assert basis.alive[has_bought].tolist() == alive[has_bought].tolist()


def test_no_number_of_histories_is_needed_for_logits_of_the_extremes() -> None:
    """The log odds that weights are of are finite for the surest words."""
    model = InactivityModel(Source.BOTH, weights=Weights((0.0, 1.0)))
    one, every = np.ones(2), np.ones(2, dtype=np.bool_)
    sure = InactivityBasis(every, every, one, one, np.array([0.0, 1.0]))
    assert logit(model.probability(sure)) == pytest.approx([-13.8, 13.8], abs=0.1)
