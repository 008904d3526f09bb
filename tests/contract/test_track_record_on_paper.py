"""What the track record shows, run by run, against counting the raw facts on paper."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from succotash.application.retention.analytics import RetentionReports
from succotash.application.retention.receipt_views import ReceiptHorizonView, Receipts, ReceiptView
from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.run_views import RunReport
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.values import rounded_amount
from tests.builders import USD
from tests.contract.conftest import NewStorage
from tests.contract.invented_ledger import Counted, Ledger, invented_ledger

BERLIN = "Europe/Berlin"
FIRST, LAST = date(2023, 9, 1), date(2025, 5, 20)
CASES = ((11, BERLIN, 1000), (12, BERLIN, 0), (13, "America/Santiago", 1000))
"""Seed, zone, and up to how many customers a run scores at once."""
RUNS = (
    # Before there was any customer.
    (date(2023, 7, 1), 0),
    (date(2024, 10, 1), 0),
    (date(2024, 10, 8), -1),
    # Clocks go back in the fourth week; so many hours after the run the week is not over.
    (date(2024, 10, 28), 23 * 3600),
    (date(2024, 10, 31), 0),
    (date(2024, 11, 5), 10_000),
    (date(2025, 1, 1), 0),
    # And forth in the week that this one counts.
    (date(2025, 4, 2), 0),
    (date(2025, 5, 20), 7000),
)
"""Days of runs, and seconds after their first instant."""


@dataclass
class Expected:
    """A receipt on paper."""

    customers: dict[str, int]
    came: dict[int, tuple[datetime, dict[str, tuple[int, Decimal]]]] = field(default_factory=dict)
    weeks: list[Counted] = field(default_factory=list)
    counted_as_of: datetime | None = None


@dataclass
class TrackRecord:
    """Runs, and what they should have said and found."""

    ledger: Ledger
    settings: ScoringSettings
    receipts: dict[str, Expected] = field(default_factory=dict)
    as_of: dict[str, datetime] = field(default_factory=dict)
    sealed: dict[str, ReceiptView] = field(default_factory=dict)

    def run(self, as_of: datetime) -> None:
        report = ChurnScoring(self.ledger.storage, self.settings, lambda: as_of).run(as_of)
        if report["state"] == "withheld":
            return
        month = self.ledger.day(as_of).isoformat()[:7]
        for sealed, expected in self.receipts.items():
            self.grade(self.as_of[sealed], expected, as_of)
        if month not in self.receipts:
            buyers = len(self.ledger.buyers(as_of))
            known, _ = self.ledger.inactive(as_of, as_of)
            self.as_of[month] = as_of
            self.receipts[month] = Expected(
                {"purchases": buyers, "revenue": buyers, "inactivity": known}
            )

    def grade(self, sealed_at: datetime, expected: Expected, as_of: datetime) -> None:
        for days in (30, 90, 365):
            end = sealed_at + timedelta(days=days)
            if end <= as_of and days not in expected.came:
                bought = self.ledger.bought(sealed_at, end)
                buyers = len(self.ledger.buyers(sealed_at))
                known, inactive = self.ledger.inactive(sealed_at, end)
                came = {
                    "purchases": (buyers, Decimal(bought.purchases)),
                    "revenue": (buyers, bought.revenue),
                    "inactivity": (known, Decimal(inactive)),
                }
                expected.came[days] = as_of, came
        over = self.ledger.weeks_over(sealed_at, as_of)[:13]
        if len(over) > len(expected.weeks):
            expected.weeks += over[len(expected.weeks) :]
            expected.counted_as_of = as_of


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_track_record_agrees_with_counting_on_paper(
    new_storage: NewStorage, case: tuple[int, str, int]
) -> None:
    seed, zone, whole_limit = case
    ledger = invented_ledger(new_storage(), seed, zone, FIRST, LAST)
    settings = ScoringSettings(
        USD,
        zone,
        value_horizon_days=180,
        publishes_worse=True,
        whole_limit=whole_limit,
    )
    record = TrackRecord(ledger, settings)
    for number, (day, seconds) in enumerate(RUNS):
        as_of = ledger.midnight(day) + timedelta(seconds=seconds)
        record.run(as_of)
        check_receipts(record)
        check_latest_run(record, as_of)
        if number == 3:
            ledger.join("customer-03", "customer-04")
            ledger.erase("customer-05")


def check_receipts(record: TrackRecord) -> None:
    shown = Receipts(record.ledger.storage).get_receipts()["receipts"]
    assert [f"{each['month']:%Y-%m}" for each in shown] == sorted(record.receipts, reverse=True)
    for each in shown:
        month = f"{each['month']:%Y-%m}"
        expected, as_of = record.receipts[month], record.as_of[month]
        assert each["as_of"] == as_of
        check_weeks(record, each, expected)
        assert [horizon["days"] for horizon in each["horizons"]] == [30, 90, 365]
        for horizon in each["horizons"]:
            assert horizon["ends_at"] == as_of + timedelta(days=horizon["days"])
            check_horizon(horizon, expected)
        said = record.sealed.setdefault(month, each)
        assert foreseen(each) == foreseen(said)


def foreseen(receipt: ReceiptView) -> list[object]:
    """All that was said, which stays as it is."""
    return [
        *(
            (horizon["days"], each["customers"], each["foreseen"])
            for horizon in receipt["horizons"]
            for each in (horizon["purchases"], horizon["revenue"], horizon["inactivity"])
        ),
        *(
            (each["purchases"]["foreseen"], each["revenue"]["foreseen"])
            for each in receipt["weeks"]
        ),
    ]


def check_weeks(record: TrackRecord, shown: ReceiptView, expected: Expected) -> None:
    first = record.ledger.day(shown["as_of"])
    assert [each["starts_on"] for each in shown["weeks"]] == [
        first + timedelta(weeks=week) for week in range(13)
    ]
    assert shown["weeks_counted_as_of"] == expected.counted_as_of
    came = [(each["purchases"]["came"], each["revenue"]["came"]) for each in shown["weeks"]]
    assert came == [
        *((each.purchases, rounded_amount(each.revenue, "USD")) for each in expected.weeks),
        *[(None, None)] * (13 - len(expected.weeks)),
    ]


def check_horizon(shown: ReceiptHorizonView, expected: Expected) -> None:
    graded_as_of, came = expected.came.get(shown["days"], (None, {}))
    assert shown["graded_as_of"] == graded_as_of
    for what, customers in expected.customers.items():
        view = shown[what]  # type: ignore[literal-required]
        assert view["customers"] == customers
        graded, amount = came.get(what, (None, None))
        rounded = amount if amount is None else rounded_amount(amount, "USD")
        assert (view["graded_customers"], view["came"]) == (graded, rounded), what
        tenths = view["by_decile"]
        assert sum(each["customers"] for each in tenths) == customers
        if amount is None:
            assert {each["came"] for each in tenths} <= {None}
            assert view["error_percent"] is None
        else:
            assert sum(each["graded_customers"] for each in tenths) == graded
            assert float(sum(each["came"] for each in tenths)) == pytest.approx(
                float(amount), abs=0.06
            )
            error = (
                100 * (float(view["foreseen"]) - float(amount)) / float(amount) if amount else None
            )
            assert view["error_percent"] == (
                error if error is None else pytest.approx(error, rel=1e-3, abs=0.2)
            )


def check_latest_run(record: TrackRecord, as_of: datetime) -> None:
    ledger, settings = record.ledger, record.settings
    reports = RetentionReports(ledger.storage, USD).get_model_report()["runs"]
    [latest] = [each for each in reports if each["as_of"] == as_of]
    known = ledger.days_by_customer(None, as_of, as_of)
    assert latest["customers"] == len(known)
    predictions = ledger.storage.repositories.retention.find_churn_predictions(limit=1000)
    assert {each.customer_id for each in predictions} == known.keys()
    levels = Counter(each.risk_level for each in predictions)
    at_risk = [each.value_at_risk for each in predictions if each.risk_level is RiskLevel.HIGH]
    found = latest["found"]
    assert found is not None
    assert found["high_risk_customers"] == levels[RiskLevel.HIGH]
    assert found["value_at_risk"] == rounded_amount(
        sum((each.amount for each in at_risk if each is not None), Decimal(0)), "USD"
    )
    if predictions:
        average = sum(each.churn_probability for each in predictions) / len(predictions)
        assert found["average_churn_probability"] == pytest.approx(average, abs=1e-4)
        check_backtest(ledger, settings, latest)
    else:
        assert found["average_churn_probability"] is latest["calibration_error"] is None


def check_backtest(ledger: Ledger, settings: ScoringSettings, run: RunReport) -> None:
    as_of, backtest = run["as_of"], cast("dict[str, Any]", run["backtest"])
    cut = datetime.fromisoformat(str(backtest["cut"]))
    longest = (as_of - cut).days
    assert longest <= settings.value_horizon_days
    for each in backtest["horizons"]:
        came = ledger.bought(cut, cut + timedelta(days=each["days"]))
        assert each["actual_purchases"] == came.purchases
        assert each["actual_revenue"] == pytest.approx(float(came.revenue), abs=0.01)
    weekly = backtest["weekly"]["actual"]
    assert weekly == [each.purchases for each in ledger.weeks(cut, as_of, longest // 7)]
    churn = backtest["churn"]
    tenths = churn["calibration"]
    until = cut + timedelta(days=min(settings.churn_horizon_days, longest))
    known, inactive = ledger.inactive(cut, until)
    assert sum(each["customers"] for each in tenths) == known
    observed = sum(each["customers"] * each["observed_share"] for each in tenths)
    assert observed == pytest.approx(inactive)
    apart = sum(
        each["customers"] * abs(each["mean_predicted"] - each["observed_share"]) for each in tenths
    )
    assert run["calibration_error"] == pytest.approx(apart / known, abs=1e-4)
