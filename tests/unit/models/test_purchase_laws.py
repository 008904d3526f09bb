"""What holds of every purchase model, whatever its parameters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from succotash.domain.models import beta_geometric, pareto_nbd
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.likelihood import LogLikelihood
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
from succotash.domain.models.pooled_rate import PooledRate
from succotash.domain.models.purchases import Array, PurchaseModel, PurchaseSample
from tests.unit.models.populations import simulated

type History = tuple[Array, Array, Array]

EXTREMES = (st.floats(1e-6, 1e6), st.floats(1e-4, 1e8), st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
MODELS: st.SearchStrategy[PurchaseModel] = st.one_of(
    st.builds(BGNBD, *EXTREMES),
    st.builds(MBGNBD, *EXTREMES),
    st.builds(ParetoNBD, *EXTREMES[:3], EXTREMES[1]),
    st.builds(PooledRate, st.floats(1e-8, 1e2), st.floats(0.01, 0.9)),
)
LIKELY = [
    BGNBD(0.8, 40.0, 0.7, 2.5),
    MBGNBD(0.8, 40.0, 0.7, 2.5),
    ParetoNBD(0.8, 40.0, 0.7, 150.0),
]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """One customer, from a first purchase today to 5,000 purchases in half a century."""
    frequency = draw(st.integers(0, 5_000))
    age = draw(st.floats(1, 20_000)) if frequency else draw(st.floats(0, 20_000))
    recency = age * draw(st.floats(0.01, 1)) if frequency else 0.0
    return np.array([float(frequency)]), np.array([recency]), np.array([age])


@given(model=MODELS, history=histories(), days=st.floats(0.01, 20_000))
@settings(max_examples=300, deadline=None)
def test_no_answer_is_ever_out_of_bounds(
    model: PurchaseModel, history: History, days: float
) -> None:
    alive = model.probability_alive(*history)[0]
    silent = model.probability_inactive(*history, days)[0]
    if_alive = model.probability_inactive_if_alive(*history, days)[0]
    purchases = model.expected_purchases(*history, days)[0]

    assert 0 <= alive <= 1
    assert 0 <= if_alive <= 1
    assert 1 - alive <= silent <= 1
    assert 0 <= purchases < np.inf
    # Who buys at all buys at least once.
    assert purchases >= (1 - silent) * (1 - 1e-6) - 1e-12


@given(model=MODELS, history=histories(), more=st.floats(1, 1_000))
@settings(max_examples=200, deadline=None)
def test_silence_never_makes_a_customer_likelier_to_be_alive(
    model: PurchaseModel, history: History, more: float
) -> None:
    frequency, recency, age = history

    now = model.probability_alive(frequency, recency, age)[0]
    assert model.probability_alive(frequency, recency, age + more)[0] <= now + 1e-9


@given(model=MODELS, history=histories())
@settings(max_examples=300, deadline=None)
def test_at_even_odds_the_probability_alive_is_one_half(
    model: PurchaseModel, history: History
) -> None:
    frequency, recency, _ = history
    even = model.age_at_even_odds(frequency, recency)

    assert even[0] >= recency[0]
    if np.isposinf(even[0]):
        a_million_years = np.maximum(recency, 3.65e8)
        assert model.probability_alive(frequency, recency, a_million_years)[0] >= 0.5 - 1e-9
    elif even[0] > recency[0] * (1 + 1e-9):
        alive = model.probability_alive(frequency, recency, even)[0]
        # As near as a day's number in a float can be told from the next.
        one_apart = model.probability_alive(frequency, recency, even * (1 + 1e-12))[0]
        assert alive == pytest.approx(0.5, abs=1e-6 + 100 * abs(alive - one_apart))
    else:
        alive = model.probability_alive(frequency, recency, even * (1 + 1e-6) + 1e-6)[0]
        assert alive <= 0.5 + 1e-2


@given(model=MODELS, history=histories(), days=st.floats(1, 3_650), seed=st.integers(0, 999))
@settings(max_examples=150, deadline=None)
def test_simulated_purchases_are_whole_and_finite(
    model: PurchaseModel, history: History, days: float, seed: int
) -> None:
    drawn = model.simulate_purchases(*history, days, np.random.default_rng(seed))

    assert drawn.shape == (1,)
    assert 0 <= drawn[0] < np.inf
    assert drawn[0] == np.floor(drawn[0])


@pytest.mark.parametrize("model", LIKELY, ids=lambda model: model.name)
@pytest.mark.parametrize("draws", [20_000, pytest.param(200_000, marks=pytest.mark.simulation)])
def test_a_simulated_population_does_what_the_model_says(
    model: BGNBD | MBGNBD | ParetoNBD, draws: int
) -> None:
    """Customers observed for 200 days and the 100 after, within four standard errors."""
    population = simulated(model, np.full(draws, 200.0), 100.0, seed=20050101)
    frequency, recency, later = population.frequency, population.recency, population.later
    for group in (frequency == 0, frequency == 2, (frequency > 3) & (recency < 120)):
        history = frequency[group], recency[group], population.age[group]
        silent = later[group] == 0
        error = 4 / np.sqrt(group.sum())
        said = model.probability_inactive(*history, 100.0)
        assert said.mean() == pytest.approx(silent.mean(), abs=error * silent.std())
        said = model.expected_purchases(*history, 100.0)
        assert said.mean() == pytest.approx(later[group].mean(), abs=error * later[group].std())


@pytest.mark.parametrize(
    "model", [*LIKELY, PooledRate(0.01, 0.2)], ids=lambda model: str(model.name)
)
@pytest.mark.parametrize("draws", [20_000, pytest.param(400_000, marks=pytest.mark.simulation)])
def test_simulated_purchases_follow_the_models_own_expectations(
    model: PurchaseModel, draws: int
) -> None:
    """Draws for each of three customers, within four standard errors."""
    random = np.random.default_rng(1987)
    for frequency, recency, age in ((0.0, 0.0, 90.0), (3.0, 150.0, 160.0), (12.0, 300.0, 350.0)):
        one = np.array([frequency]), np.array([recency]), np.array([age])
        many = one[0].repeat(draws), one[1].repeat(draws), one[2].repeat(draws)
        drawn = model.simulate_purchases(*many, 180.0, random)
        error = 4 / np.sqrt(draws)
        expected = model.expected_purchases(*one, 180.0)[0]
        assert drawn.mean() == pytest.approx(expected, abs=error * drawn.std())
        silent = drawn == 0
        expected = model.probability_inactive(*one, 180.0)[0]
        assert silent.mean() == pytest.approx(expected, abs=error * silent.std() + 1e-4)


SOME = PurchaseSample.from_columns(
    [0, 0, 1, 2, 40], [0, 0, 30, 80, 390], [0, 200, 90, 80, 400], [3, 5, 2, 1, 1]
)


@pytest.mark.parametrize(
    "likelihood",
    [
        beta_geometric.Likelihood(SOME, 100.0, early_chances=0),
        beta_geometric.Likelihood(SOME, 100.0, early_chances=1),
        pareto_nbd.Likelihood(SOME, 100.0),
    ],
    ids=["BG/NBD", "MBG/NBD", "Pareto/NBD"],
)
@given(parameters=st.tuples(*[st.floats(0.05, 5)] * 4))
@settings(max_examples=25, deadline=None)
def test_the_analytic_derivatives_are_the_slopes_of_the_likelihood(
    likelihood: LogLikelihood, parameters: tuple[float, float, float, float]
) -> None:
    at = np.array(parameters)

    def value(there: Array) -> float:
        return likelihood(there).value

    def gradient(there: Array) -> Array:
        return likelihood(there).gradient

    found = likelihood(at)
    assert found.gradient == pytest.approx(approx_fprime(at, value, 1e-7), rel=1e-4, abs=1e-4)
    slopes = approx_fprime(at, gradient, 1e-7)
    assert found.hessian == pytest.approx(slopes, rel=1e-4, abs=1e-4 * np.abs(slopes).max())
    assert found.hessian == pytest.approx(found.hessian.T)


@pytest.mark.parametrize("model", LIKELY, ids=lambda model: model.name)
def test_the_likelihood_is_the_same_for_merged_and_for_single_rows(
    model: BGNBD | MBGNBD | ParetoNBD,
) -> None:
    x, t_x = np.array([0.0, 3.0, 0.0, 3.0, 0.0]), np.array([0.0, 5.0, 0.0, 5.0, 0.0])
    age = np.array([9.0, 8.0, 9.0, 8.0, 4.0])
    single = PurchaseSample(x, t_x, age, np.ones(5))

    merged = model.log_likelihood(PurchaseSample.from_columns(x, t_x, age))
    assert model.log_likelihood(single) == pytest.approx(merged, rel=1e-12)


@pytest.mark.parametrize("kind", [BGNBD, MBGNBD])
@pytest.mark.parametrize("r", [1e6, 1e9, 1e13])
def test_buyers_without_differences_have_the_likelihood_of_poisson(
    kind: type[BGNBD | MBGNBD], r: float
) -> None:
    """r and alpha to infinity at r / alpha = 0.2 a day: x log 0.2 - 0.2 T, and nobody leaves."""
    x, age = np.array([0.0, 9, 40, 3_000]), np.array([10.0, 50, 190, 14_900])
    sample = PurchaseSample.from_columns(x, np.where(x > 0, age, 0), age)
    found = kind(r, r / 0.2, 1e-16, 1.0).log_likelihood(sample)

    poisson = float((x * np.log(0.2) - 0.2 * age).sum())
    # The first term of what finite r adds.
    away = float(((x * (x - 1) - 2 * x * 0.2 * age + (0.2 * age) ** 2) / (2 * r)).sum())
    assert found - poisson == pytest.approx(away, rel=0.05, abs=1e-9)


@pytest.mark.parametrize("model", LIKELY, ids=lambda model: model.name)
def test_other_parameters_make_another_model_of_the_same_kind(
    model: BGNBD | MBGNBD | ParetoNBD,
) -> None:
    moved = model.with_parameters(r=2.0)

    assert moved.name == model.name
    assert moved.parameters() == model.parameters() | {"r": 2.0}
