"""Forecast receipts: sealed by each month's first run, graded by later ones."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from local.cdnow import amounts_by_day
from succotash.application.retention.receipt_views import Receipts, ReceiptView
from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.models.forecasts import TenthEdges
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.receipts import Measure
from succotash.domain.values import SHARDS, RunId
from succotash.errors import InvalidInputError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import USD, a_receipt, a_tally, an_event, an_order, at
from tests.unit.scoring.runs import record_cdnow, run

SETTINGS = ScoringSettings(currency=USD, publishes_worse=True)


def receipts(storage: InMemoryStorage) -> dict[date, ReceiptView]:
    found = Receipts(storage).get_receipts(limit=100)["receipts"]
    return {each["month"]: each for each in found}


def record_some(repositories: Repositories, count: int = 300) -> None:
    """Customers of whom some come back, over half a year."""
    start = at("2024-01-01T12:00:00Z")
    repositories.ltv.record_orders(
        [
            an_order(
                f"{number}-{visit}",
                customer_id=f"c{number:03}",
                ordered_at=start + timedelta(days=number % 40 + visit * (7 + number % 13)),
                amount=str(10 + number % 7),
            )
            for number in range(count)
            for visit in range(1 + number % 6)
        ]
    )
    repositories.retention.record_activity(
        [
            an_event(f"e{number}", customer_id=f"v{number}", occurred_at=start + timedelta(days=30))
            for number in range(20)
        ]
    )


@pytest.fixture(scope="module")
def cdnow() -> InMemoryStorage:
    storage = InMemoryStorage()
    record_cdnow(storage.repositories)
    return storage


def test_the_first_run_of_a_month_seals_what_customers_values_say(
    cdnow: InMemoryStorage,
) -> None:
    run(cdnow, "1997-10-15T06:00:00Z")
    run(cdnow, "1997-10-16T06:00:00Z")

    receipt = receipts(cdnow)[date(1997, 10, 1)]

    assert receipt["run_id"] == "1997-10-15T06:00:00Z"
    assert not receipt["is_backfilled"]
    assert [each["days"] for each in receipt["horizons"]] == [30, 90, 365]
    run(cdnow, "1997-10-17T06:00:00Z")
    assert receipts(cdnow)[date(1997, 10, 1)] == receipt


def test_totals_are_the_sums_of_what_the_run_wrote_of_each_customer() -> None:
    storage = InMemoryStorage()
    record_cdnow(storage.repositories)
    run(storage, "1998-01-01T00:00:00Z")
    repositories = storage.repositories
    values = repositories.ltv.find_customers(limit=5000)
    predictions = repositories.retention.find_churn_predictions(limit=5000)

    thirty, ninety, year = receipts(storage)[date(1998, 1, 1)]["horizons"]

    for horizon, expected in (
        (thirty, sum(each.expected_purchases_30 for each in values)),
        (ninety, sum(each.expected_purchases_90 for each in values)),
        (year, sum(each.expected_purchases_365 for each in values)),
    ):
        assert horizon["purchases"]["foreseen"] == pytest.approx(expected, abs=0.01)
        assert horizon["purchases"]["customers"] == 2357
    churned = sum(each.churn_probability for each in predictions)
    assert ninety["inactivity"]["foreseen"] == pytest.approx(churned, abs=0.01)
    discounted = sum(float(each.residual_value.amount) for each in values)
    assert 1 < float(year["revenue"]["foreseen"]) / discounted < 1.1


def test_what_came_is_graded_when_the_days_have_passed(cdnow: InMemoryStorage) -> None:
    """Against what is counted by hand: purchases from 15 October 1997 on, for 30 days."""
    first, last = date(1997, 10, 16), date(1997, 11, 14)
    came = [
        [amount for day, amount in days.items() if first <= day <= last]
        for days in amounts_by_day().values()
    ]
    run(cdnow, "1997-10-15T06:00:00Z")
    run(cdnow, "1997-11-14T05:59:59Z")
    assert receipts(cdnow)[date(1997, 10, 1)]["horizons"][0]["graded_as_of"] is None

    run(cdnow, "1997-11-15T06:00:00Z")

    graded = receipts(cdnow)[date(1997, 10, 1)]["horizons"]
    assert [each["graded_as_of"] for each in graded] == [at("1997-11-15T06:00:00Z"), None, None]
    thirty = graded[0]
    assert thirty["purchases"]["came"] == sum(map(len, came))
    assert float(str(thirty["revenue"]["came"])) == pytest.approx(sum(map(sum, came)), abs=0.01)
    assert thirty["inactivity"]["came"] == sum(not each for each in came)
    assert thirty["purchases"]["graded_customers"] == 2357
    error = thirty["purchases"]["error_percent"]
    assert error is not None
    assert error == pytest.approx(100 * (thirty["purchases"]["foreseen"] / sum(map(len, came)) - 1))
    deciles = thirty["purchases"]["by_decile"]
    assert sum(each["came"] or 0 for each in deciles) == thirty["purchases"]["came"]
    rates = [(each["came"] or 0) / each["customers"] for each in deciles]
    assert rates[-1] > 3 * max(rates[: len(rates) // 2])


def test_single_weeks_add_up_to_what_was_foreseen_and_are_counted_as_they_pass(
    cdnow: InMemoryStorage,
) -> None:
    """Against what is counted by hand: the weeks from 15 October 1997 on."""
    first = date(1997, 10, 15)
    came: dict[int, list[float]] = {}
    for days in amounts_by_day().values():
        if min(days) <= first:
            for day, amount in days.items():
                if day > first:
                    came.setdefault((day - first).days // 7 + 1, []).append(float(amount))
    for as_of in ("1997-10-15T06:00:00Z", "1997-11-14T05:59:59Z", "1997-11-15T06:00:00Z"):
        run(cdnow, as_of)

    found = receipts(cdnow)[date(1997, 10, 1)]

    weeks = found["weeks"]
    assert [each["week"] for each in weeks] == list(range(1, 14))
    assert [each["starts_on"] for each in weeks[:2]] == [first, date(1997, 10, 22)]
    assert found["weeks_counted_as_of"] == at("1997-11-14T05:59:59Z")
    assert [each["purchases"]["came"] for each in weeks] == [
        *(len(came[week]) for week in (1, 2, 3, 4)),
        *[None] * 9,
    ]
    for week in (1, 2, 3, 4):
        revenue = weeks[week - 1]["revenue"]["came"]
        assert float(str(revenue)) == pytest.approx(sum(came[week]), abs=0.01)
    assert weeks[4]["revenue"]["came"] is None
    quarter = sum(each["purchases"]["foreseen"] for each in weeks)
    assert quarter == pytest.approx(found["horizons"][1]["purchases"]["foreseen"], rel=0.03)


def test_by_shards_a_receipt_is_sealed_and_graded_as_in_one_go() -> None:
    whole, parts = InMemoryStorage(), InMemoryStorage()
    for storage in (whole, parts):
        record_some(storage.repositories)
    for day in ("2024-03-01", "2024-04-20"):
        as_of = at(f"{day}T00:00:00Z")
        ChurnScoring(whole, SETTINGS).run(as_of)
        by_shard = ChurnScoring(parts, SETTINGS)
        run_id = by_shard.plan(as_of)["run_id"]
        for shard in reversed(range(SHARDS)):
            by_shard.score(run_id, shard)
        by_shard.score(run_id, 3)
        assert not (day == "2024-03-01" and receipts(parts))
        by_shard.finish(run_id)

    mine, theirs = receipts(parts), receipts(whole)
    assert list(mine) == [date(2024, 4, 1), date(2024, 3, 1)]
    thirty = mine[date(2024, 3, 1)]["horizons"][0]
    assert thirty["graded_as_of"] == at("2024-04-20T00:00:00Z")
    assert thirty["inactivity"]["customers"] == 320
    for month, receipt in mine.items():
        for own, other in zip(receipt["horizons"], theirs[month]["horizons"], strict=True):
            for measure in ("purchases", "revenue", "inactivity"):
                one, two = own[measure], other[measure]
                assert (one["customers"], one["came"]) == (two["customers"], two["came"])
                # Each shard's share is rounded to a ten-thousandth.
                assert float(one["foreseen"]) == pytest.approx(float(two["foreseen"]), abs=0.02)
        assert receipt["weeks_counted_as_of"] == theirs[month]["weeks_counted_as_of"]
        for own_week, other_week in zip(receipt["weeks"], theirs[month]["weeks"], strict=True):
            for of in ("purchases", "revenue"):
                assert own_week[of]["came"] == other_week[of]["came"]
                assert float(own_week[of]["foreseen"]) == pytest.approx(
                    float(other_week[of]["foreseen"]), abs=0.02
                )
    assert [each["purchases"]["came"] is not None for each in mine[date(2024, 3, 1)]["weeks"]] == [
        *[True] * 7,
        *[False] * 6,
    ]


def test_who_was_erased_since_is_in_what_was_said_and_not_in_what_came() -> None:
    storage = InMemoryStorage()
    record_some(storage.repositories)
    ChurnScoring(storage, SETTINGS).run(at("2024-03-01T00:00:00Z"))
    storage.repositories.retention.forget_activity([an_event(customer_id="v1").customer_id])
    ChurnScoring(storage, SETTINGS).run(at("2024-04-20T00:00:00Z"))

    inactivity = receipts(storage)[date(2024, 3, 1)]["horizons"][0]["inactivity"]

    assert (inactivity["customers"], inactivity["graded_customers"]) == (320, 319)


@pytest.mark.parametrize(
    "receipt",
    [
        replace(a_receipt(date(2024, 2, 1)), settings={"currency": "EUR", "time_zone": "UTC"}),
        a_receipt(date(2024, 2, 1), models={"purchases": {"name": "of another release"}}),
    ],
)
def test_what_cannot_be_graded_stops_no_run(receipt: object) -> None:
    storage = InMemoryStorage()
    record_some(storage.repositories)
    retention = storage.repositories.retention
    unreadable = receipt
    assert isinstance(unreadable, type(a_receipt()))
    retention.save_forecast_tallies(unreadable.run_id, None, [a_tally()])
    retention.seal_receipt(unreadable, [30])

    report = ChurnScoring(storage, SETTINGS).run(at("2024-04-20T00:00:00Z"))

    assert report["state"] == "current"
    [found] = retention.find_receipts(limit=1, before=date(2024, 3, 1))
    assert found.horizons[0].graded_as_of is None


def test_a_run_that_is_withheld_seals_nothing() -> None:
    storage = InMemoryStorage()
    record_some(storage.repositories)
    scoring = ChurnScoring(storage, SETTINGS)
    run_id = scoring.plan(at("2024-03-01T00:00:00Z"))["run_id"]
    for shard in range(SHARDS):
        scoring.score(run_id, shard)
    storage.repositories.retention.withhold_scoring_run(RunId(run_id))

    scoring.run(at("2024-03-02T00:00:00Z"))

    assert receipts(storage)[date(2024, 3, 1)]["run_id"] == "2024-03-02T00:00:00Z"


class TestBackfill:
    @pytest.fixture
    def storage(self) -> InMemoryStorage:
        storage = InMemoryStorage()
        record_some(storage.repositories)
        return storage

    def test_each_month_before_gets_what_its_first_run_would_have_sealed(
        self, storage: InMemoryStorage
    ) -> None:
        ran = InMemoryStorage()
        record_some(ran.repositories)
        for number in (2, 3, 4):
            ChurnScoring(ran, SETTINGS).run(at(f"2024-0{number}-01T00:00:00Z"))

        found = ChurnScoring(storage, SETTINGS).backfill_receipts(at("2024-05-01T00:00:00Z"))

        assert found["months"] == [date(2024, month, 1) for month in (2, 3, 4)]
        backfilled, sealed = receipts(storage), receipts(ran)
        assert all(each["is_backfilled"] for each in backfilled.values())
        for month, receipt in backfilled.items():
            for own, other in zip(receipt["horizons"], sealed[month]["horizons"], strict=True):
                assert own["purchases"]["foreseen"] == other["purchases"]["foreseen"]
                assert own["revenue"]["foreseen"] == other["revenue"]["foreseen"]
                assert own["inactivity"]["foreseen"] == other["inactivity"]["foreseen"]
            said = [each["revenue"]["foreseen"] for each in receipt["weeks"]]
            assert said == [each["revenue"]["foreseen"] for each in sealed[month]["weeks"]]

    def test_the_next_run_grades_all_of_them_and_months_with_a_receipt_keep_it(
        self, storage: InMemoryStorage
    ) -> None:
        scoring = ChurnScoring(storage, SETTINGS)
        scoring.run(at("2024-03-07T00:00:00Z"))

        assert scoring.backfill_receipts(at("2024-05-01T00:00:00Z"))["months"] == [
            date(2024, 2, 1),
            date(2024, 4, 1),
        ]
        assert scoring.backfill_receipts(at("2024-05-01T00:00:00Z"))["months"] == []
        scoring.run(at("2024-05-01T00:00:00Z"))

        found = receipts(storage)
        assert [each["is_backfilled"] for each in found.values()] == [False, True, False, True]
        graded = {
            month: [each["days"] for each in receipt["horizons"] if each["graded_as_of"]]
            for month, receipt in found.items()
        }
        assert graded == {
            date(2024, 5, 1): [],
            date(2024, 4, 1): [30],
            date(2024, 3, 1): [30],
            date(2024, 2, 1): [30, 90],
        }

    def test_of_many_customers_each_shard_is_foreseen(self, storage: InMemoryStorage) -> None:
        sampled = replace(SETTINGS, whole_limit=10, sample_customers=100)
        ChurnScoring(storage, sampled).backfill_receipts(at("2024-04-01T00:00:00Z"))

        assert receipts(storage)[date(2024, 3, 1)]["horizons"][0]["inactivity"]["customers"] == 320

    def test_where_nothing_happened_there_is_nothing_to_fill(self) -> None:
        empty = ChurnScoring(InMemoryStorage(), SETTINGS)
        assert empty.backfill_receipts(at("2024-04-01T00:00:00Z"))["months"] == []

    def test_a_future_instant_is_refused(self, storage: InMemoryStorage) -> None:
        with pytest.raises(InvalidInputError):
            ChurnScoring(storage, SETTINGS).backfill_receipts(at("2224-04-01T00:00:00Z"))


def test_what_nobody_kept_are_no_edges() -> None:
    with pytest.raises(TypeError):
        TenthEdges.of_dict({"days": 30})
    edges = TenthEdges({(30, Measure.REVENUE): [0.0] * 9})
    assert TenthEdges.of_dict(edges.to_dict()) == edges
