import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln
from scipy.stats import beta, gamma

from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.expected_purchases import (
    by_curve,
    by_quadrature,
    by_series,
    expected_if_alive,
)
from succotash.domain.models.purchases import Array
from tests.unit.models.bg_nbd_models import PUBLISHED, WEEK
from tests.unit.models.lifetimes_reference import BetaGeoFitter

MODELS = st.builds(
    BGNBD,
    r=st.floats(0.05, 20),
    alpha=st.floats(0.5, 500),
    a=st.floats(0.05, 20),
    b=st.floats(0.05, 20),
)
EXTREME_MODELS = st.builds(
    BGNBD,
    r=st.floats(1e-6, 1e6),
    alpha=st.floats(1e-4, 1e8),
    a=st.floats(1e-6, 1e6),
    b=st.floats(1e-6, 1e6),
)


@st.composite
def customers(draw: st.DrawFn) -> tuple[Array, Array, Array]:
    """A column each of frequency, recency and age of one customer."""
    frequency = draw(st.integers(0, 5_000))
    age = draw(st.floats(0, 20_000)) if not frequency else draw(st.floats(1, 20_000))
    recency = age * draw(st.floats(0.01, 1)) if frequency else 0.0
    return np.array([float(frequency)]), np.array([recency]), np.array([age])


@pytest.mark.parametrize(
    ("weeks", "purchases"),
    [
        ("0.1429", "0.0078"),
        ("1", "0.0532"),
        ("3", "0.1506"),
        ("31.8571", "1.0405"),
        ("32", "1.0437"),
    ],
)
def test_a_new_customers_expected_purchases_are_the_published_ones(
    weeks: str, purchases: str
) -> None:
    """Fader, Hardie & Lee (2005), equation (9), values of Hardie's note 004."""
    days = float(weeks) * WEEK

    assert f"{PUBLISHED.expected_purchases_of_new_customer(days):.4f}" == purchases


def test_the_expected_purchases_of_the_papers_customer_are_the_published_ones() -> None:
    """Fader, Hardie & Lee (2005): x = 2, t_x = 30.43, T = 38.86 weeks; 1.226 in 39 weeks."""
    x, t_x, age = np.array([2.0]), np.array([30.43 * WEEK]), np.array([38.86 * WEEK])

    assert f"{PUBLISHED.expected_purchases(x, t_x, age, 39 * WEEK)[0]:.3f}" == "1.226"


@given(model=MODELS, history=customers())
@settings(max_examples=60, deadline=None)
def test_probability_alive_agrees_with_lifetimes(
    model: BGNBD, history: tuple[Array, Array, Array]
) -> None:
    reference = BetaGeoFitter()
    reference.params_ = model.parameters()

    expected = reference.conditional_probability_alive(*history)
    assert model.probability_alive(*history) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(
    model=st.builds(
        BGNBD,
        r=st.floats(0.1, 2),
        alpha=st.floats(5, 200),
        a=st.floats(0.2, 3).filter(lambda a: abs(a - 1) > 0.01),
        b=st.floats(1.01, 5),
    ),
    frequency=st.integers(0, 60),
    last=st.floats(0.1, 1),
    age=st.floats(1, 1_500),
    days=st.floats(1, 730),
)
@settings(max_examples=100, deadline=None)
def test_expected_purchases_agree_with_lifetimes_where_it_is_exact(
    model: BGNBD, frequency: int, last: float, age: float, days: float
) -> None:
    reference = BetaGeoFitter()
    reference.params_ = model.parameters()
    x, t_x = np.array([float(frequency)]), np.array([age * last * (frequency > 0)])

    expected = reference.conditional_expected_number_of_purchases_up_to_time(
        days, x, t_x, np.array([age])
    )
    ours = model.expected_purchases(x, t_x, np.array([age]), days)
    assert ours == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(
    model=MODELS,
    frequency=st.sampled_from([0, 1, 3, 40, 5_000]),
    until=st.floats(1e-3, 25),
)
@settings(max_examples=150, deadline=None)
def test_the_series_and_the_integral_of_the_expectation_agree(
    model: BGNBD, frequency: int, until: float
) -> None:
    x, ahead = np.array([float(frequency)]), np.array([until])

    shape = model.r, model.a, model.b
    integral = by_quadrature(*shape, x, ahead)
    assert by_series(*shape, x, ahead) == pytest.approx(integral, rel=1e-9)


@given(
    r=st.floats(1e-3, 1e3),
    a=st.floats(1e-2, 1e4),
    b=st.floats(1e-2, 1e5),
    frequency=st.integers(0, 5_000),
    longest=st.floats(0.01, 1e4),
)
@settings(max_examples=60, deadline=None)
def test_an_interpolated_curve_is_the_integral(
    r: float, a: float, b: float, frequency: int, longest: float
) -> None:
    ahead = np.geomspace(longest / 1_000, longest, 200)
    found = by_curve(r, a, b, float(frequency), ahead)
    if found is not None:
        integral = by_quadrature(r, a, b, np.full(200, float(frequency)), ahead)
        assert found == pytest.approx(integral, rel=1e-8)


@pytest.mark.parametrize("few", [1, 127, 128, 3_000])
def test_many_customers_expect_what_each_of_them_expects(few: int) -> None:
    frequency = np.concatenate([np.zeros(few), np.full(few, 3.0), np.full(few, 5_000.0)])
    ahead = np.tile(np.linspace(0.0, 9.0, few), 3)
    together = expected_if_alive(1.1, 900.0, 40_000.0, frequency, ahead)
    alone = by_quadrature(1.1, 900.0, 40_000.0, frequency, ahead)
    assert together == pytest.approx(alone, rel=1e-9, abs=1e-12)
    if few > 1:
        assert by_curve(1.1, 900.0, 40_000.0, 3.0, np.linspace(0.1, 9.0, 128)) is not None


@given(
    model=st.builds(
        BGNBD,
        r=st.floats(0.1, 40),
        alpha=st.floats(1, 300),
        a=st.one_of(st.just(1.0), st.floats(0.5, 60)),
        b=st.floats(0.5, 60),
    ),
    frequency=st.integers(0, 50),
    age=st.floats(0, 700),
    days=st.floats(1, 2_000),
)
@settings(max_examples=60, deadline=None)
def test_expected_purchases_are_the_models_integral(
    model: BGNBD, frequency: int, age: float, days: float
) -> None:
    """E[(1 - exp(-lambda p t)) / p] over gamma(r + x, alpha + T), in closed form, and p.

    p is beta(a, b + x); the integral is taken over its log-odds.
    """
    a, b = model.a, model.b + frequency
    rate, until = model.r + frequency, days / (model.alpha + age)

    def purchases(log_odds: float) -> float:
        log_p, log_stay = -np.logaddexp(0, -log_odds), -np.logaddexp(0, log_odds)
        p, density = np.exp(log_p), np.exp(a * log_p + b * log_stay - betaln(a, b))
        return float(-np.expm1(-rate * np.log1p(p * until)) / p * density)

    top = np.log(a / b)
    expected, _ = quad(purchases, top - 90, top + 90, points=(top - 2, top + 2), limit=500)
    # Just bought, so that only the leaving at that purchase is uncertain.
    x, t = np.array([float(frequency)]), np.array([age])
    ours = model.expected_purchases(x, t * (frequency > 0), t, days)
    alive = model.probability_alive(x, t * (frequency > 0), t)
    assert ours / alive == pytest.approx(expected, rel=1e-7)


def test_the_probability_of_silence_is_the_models_double_integral() -> None:
    """P(silent) from the definitions: Bayes over (lambda, p), those who left and those who stayed.

    Both integrals are means over the middles of 2,000 equal shares of the priors.
    """
    model, x, t_x, age, days = BGNBD(0.8, 30.0, 0.7, 2.0), 3, 100.0, 160.0, 90.0
    middles = (np.arange(2_000) + 0.5) / 2_000
    rate = gamma(model.r, scale=1 / model.alpha).ppf(middles)[:, None]
    p = beta(model.a, model.b).ppf(middles)
    stayed = (1 - p) ** x * rate**x * np.exp(-rate * age)
    left = p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * t_x)

    expected = (left + stayed * np.exp(-rate * days)).sum() / (left + stayed).sum()
    ours = model.probability_inactive(np.array([float(x)]), np.array([t_x]), np.array([age]), days)
    assert ours[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("draws", [40_000, pytest.param(400_000, marks=pytest.mark.simulation)])
def test_a_simulated_population_does_what_the_model_says(draws: int) -> None:
    """Customers observed for 200 days and the 100 after, within four standard errors."""
    model, age, days = BGNBD(1.2, 40.0, 0.8, 2.5), 200.0, 100.0
    random = np.random.default_rng(20050101)
    rate = random.gamma(model.r, 1 / model.alpha, draws)
    leaving = random.beta(model.a, model.b, draws)
    clock, alive = np.zeros(draws), np.ones(draws, dtype=np.bool_)
    frequency, recency, later = np.zeros(draws), np.zeros(draws), np.zeros(draws)
    while alive.any():
        clock += random.exponential(1 / rate)
        bought = alive & (clock <= age + days)
        before = bought & (clock <= age)
        frequency[before] += 1
        recency[before] = clock[before]
        later[bought & ~before] += 1
        alive = bought & (random.random(draws) >= leaving)

    ages = np.full(draws, age)
    for group in (frequency == 0, frequency == 2, (frequency > 3) & (recency < 120)):
        history = frequency[group], recency[group], ages[group]
        size = group.sum()
        silent = later[group] == 0
        error = 4 * silent.std() / np.sqrt(size)
        assert model.probability_inactive(*history, days).mean() == pytest.approx(
            silent.mean(), abs=error
        )
        error = 4 * later[group].std() / np.sqrt(size)
        assert model.expected_purchases(*history, days).mean() == pytest.approx(
            later[group].mean(), abs=error
        )


@given(model=MODELS, history=customers())
@settings(deadline=None)
def test_at_even_odds_the_probability_alive_is_one_half(
    model: BGNBD, history: tuple[Array, Array, Array]
) -> None:
    frequency, recency, _ = history
    even = model.age_at_even_odds(frequency, recency)

    if frequency[0] == 0:
        assert np.isposinf(even[0])
    elif even[0] > recency[0]:
        assert model.probability_alive(frequency, recency, even) == pytest.approx(0.5, abs=1e-6)
    else:
        assert even[0] == recency[0]
        assert model.probability_alive(frequency, recency, even)[0] <= 0.5 + 1e-9


@given(model=EXTREME_MODELS, history=customers(), days=st.floats(0.01, 20_000))
@settings(max_examples=300, deadline=None)
def test_no_answer_is_ever_out_of_bounds(
    model: BGNBD, history: tuple[Array, Array, Array], days: float
) -> None:
    alive = model.probability_alive(*history)
    silent = model.probability_inactive(*history, days)
    purchases = model.expected_purchases(*history, days)

    assert 0 <= alive[0] <= 1
    assert 0 <= silent[0] <= 1
    assert silent[0] >= 1 - alive[0]
    assert 0 <= purchases[0] < np.inf
    # Who buys at all buys at least once.
    assert purchases[0] >= (1 - silent[0]) * (1 - 1e-6) - 1e-12


@given(model=EXTREME_MODELS, history=customers(), days=st.floats(1, 3_000), more=st.floats(1, 300))
@settings(max_examples=150, deadline=None)
def test_a_longer_horizon_brings_more_purchases_and_less_silence(
    model: BGNBD, history: tuple[Array, Array, Array], days: float, more: float
) -> None:
    sooner, later = days, days + more

    purchases = [model.expected_purchases(*history, each)[0] for each in (sooner, later)]
    assert purchases[1] >= purchases[0] * (1 - 1e-8)
    silent = [model.probability_inactive(*history, each)[0] for each in (sooner, later)]
    assert silent[1] <= silent[0]


@given(model=MODELS, history=customers(), more=st.floats(1, 1_000))
def test_silence_never_makes_a_customer_likelier_to_be_alive(
    model: BGNBD, history: tuple[Array, Array, Array], more: float
) -> None:
    frequency, recency, age = history

    now = model.probability_alive(frequency, recency, age)[0]
    assert model.probability_alive(frequency, recency, age + more)[0] <= now


def test_no_time_ahead_brings_no_purchase() -> None:
    assert PUBLISHED.expected_purchases_of_new_customer(0) == 0


@pytest.mark.parametrize("r", [0.0, -1.0, np.inf, np.nan])
def test_parameters_that_are_not_positive_and_finite_are_refused(r: float) -> None:
    with pytest.raises(ValueError, match="positive and finite"):
        BGNBD(r, 1, 1, 1)
