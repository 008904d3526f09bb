"""The scheduled run on the customers of CDNOW, as the literature has them."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from local.cdnow import amounts_by_day
from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.models.selection import Candidate
from succotash.domain.retention.retention import RiskLevel
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import USD, an_order, at
from tests.unit.scoring.runs import record_cdnow, run

CALIBRATION_END = datetime(1997, 9, 30, tzinfo=UTC)
HOLDOUT_DAYS = 273


class TestOnCdnow:
    """Fader, Hardie & Lee (2005); figures in weeks there, in days here."""

    @pytest.fixture
    def storage(self) -> InMemoryStorage:
        storage = InMemoryStorage()
        record_cdnow(storage.repositories)
        return storage

    def test_a_run_at_the_end_of_calibration_finds_the_published_parameters(
        self, storage: InMemoryStorage
    ) -> None:
        """But for what the weak priors move them by."""
        models = run(storage, "1997-09-30T00:00:00Z")["models"]
        purchases, spend = models["purchases"], models["spend"]
        assert isinstance(purchases, dict)
        assert isinstance(spend, dict)
        found, money = purchases["parameters"], spend["parameters"]
        assert isinstance(found, dict)
        assert isinstance(money, dict)
        assert found == pytest.approx(
            {"r": 0.243, "alpha": 4.414 * 7, "a": 0.793, "b": 2.426}, rel=0.01
        )
        assert money == pytest.approx({"p": 6.25, "q": 3.74, "v": 15.44}, rel=0.015)

    def test_later_facts_change_nothing(self, storage: InMemoryStorage) -> None:
        before = run(storage, "1997-09-30T00:00:00Z")
        without = InMemoryStorage()
        for customer, days in amounts_by_day().items():
            without.repositories.ltv.record_orders(
                [
                    an_order(
                        f"{customer}-{day}",
                        customer_id=customer,
                        ordered_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
                        amount=f"{amount:.2f}",
                    )
                    for day, amount in days.items()
                    if day <= CALIBRATION_END.date()
                ]
            )
        assert run(without, "1997-09-30T00:00:00Z") == before
        everybody = storage.repositories.ltv.find_customers(limit=5000)
        assert everybody == without.repositories.ltv.find_customers(limit=5000)

    def test_what_customers_brought_lay_within_their_intervals_as_often_as_those_say(
        self, storage: InMemoryStorage
    ) -> None:
        """The 39 weeks after the calibration, of which models foresee some 12% too little."""
        run(storage, "1997-09-30T23:59:59Z", value_horizon_days=HOLDOUT_DAYS, discount_rate=0.0)
        brought = {
            customer: sum(each for day, each in days.items() if day > CALIBRATION_END.date())
            for customer, days in amounts_by_day().items()
        }
        values = storage.repositories.ltv.find_customers(limit=5000)
        assert len(values) == 2357
        by_kind: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
        for value in values:
            low, median, high = value.residual_low, value.residual_median, value.residual_high
            assert low is not None
            assert median is not None
            assert high is not None
            assert low.amount <= median.amount <= high.amount
            came = Decimal(f"{brought[value.customer_id]:.2f}")
            inside = low.amount <= came <= high.amount
            by_kind[value.interval_is_point].append((value.interval_level, inside))
        for found in by_kind.values():
            assert len(found) > 500
            said = sum(level for level, _ in found) / len(found)
            seen = sum(inside for _, inside in found) / len(found)
            assert seen == pytest.approx(said, abs=0.05)

    def test_every_customer_has_a_value_and_a_risk(self, storage: InMemoryStorage) -> None:
        report = run(storage, "1998-07-01T00:00:00Z")
        assert report["customers"] == 2357
        assert len(storage.repositories.ltv.find_customers(limit=5000)) == 2357
        found = storage.repositories.retention.get_retention_analytics()
        assert sum(found.by_risk_level.values()) == 2357
        assert set(found.by_risk_level) == set(RiskLevel)

    def test_models_are_judged_on_the_longest_time_that_can_be_held_out(
        self, storage: InMemoryStorage
    ) -> None:
        report = run(storage, "1998-07-01T00:00:00Z")
        backtest, judged = report["backtest"], report["models"]["judged"]
        assert backtest["cut"] == "1997-10-01T00:00:00+00:00"
        horizons = backtest["horizons"]
        assert isinstance(horizons, list)
        numbers = [each for each in horizons if isinstance(each, dict)]
        assert [each["days"] for each in numbers] == [30, 90, 180, 273]
        assert isinstance(judged, dict)
        assert judged["judged_days"] == 273
        assert judged["purchases_error_percent"] == numbers[-1]["error_percent"]
        assert judged["revenue_error_percent"] == numbers[-1]["revenue_error_percent"]
        assert judged["note"] == (
            "Judged on 273 held-out days; values look 365 days ahead, 92 days further than "
            "anything judged."
        )
        for each in numbers:
            assert each["model"] == numbers[0]["model"]
            candidates = each["candidates"]
            assert isinstance(candidates, list)
            assert len(candidates) == 3

    def test_no_longer_time_is_held_out_than_values_look_ahead(
        self, storage: InMemoryStorage
    ) -> None:
        report = run(storage, "1998-07-01T00:00:00Z", value_horizon_days=100)
        assert report["backtest"]["cut"] == "1998-03-23T00:00:00+00:00"
        judged = report["models"]["judged"]
        assert isinstance(judged, dict)
        assert judged["note"] == "Judged on 100 held-out days, as far as values look ahead."

    def test_the_backtest_beats_the_base_rate(self, storage: InMemoryStorage) -> None:
        churn = run(storage, "1998-07-01T00:00:00Z")["backtest"]["churn"]
        assert isinstance(churn, dict)
        assert churn["holdout_days"] == 90
        assert float(str(churn["brier_skill"])) > 0.2
        assert float(str(churn["auc"])) > 0.75

    def test_every_candidates_numbers_and_the_winners_errors_are_kept(
        self, storage: InMemoryStorage
    ) -> None:
        report = run(storage, "1998-07-01T00:00:00Z")
        judged, chosen = report["backtest"]["purchases"], report["models"]["purchases"]
        assert isinstance(judged, dict)
        assert isinstance(chosen, dict)
        candidates = judged["candidates"]
        assert isinstance(candidates, list)
        names = [each["model"] for each in candidates if isinstance(each, dict)]
        assert sorted(str(name) for name in names) == ["BG/NBD", "MBG/NBD", "Pareto/NBD"]
        assert chosen["name"] == judged["model"] == names[0]
        assert "held out" in str(chosen["reason"])
        errors = chosen["standard_errors"]
        assert isinstance(errors, dict)
        assert all(0 < float(str(error)) < math.inf for error in errors.values())
        assert chosen["imprecise_because"] is None

    def test_which_models_compete_is_a_setting(self, storage: InMemoryStorage) -> None:
        settings = ScoringSettings(currency=USD, purchase_models=[Candidate.PARETO_NBD])
        models = ChurnScoring(storage, settings).run(at("1998-07-01T00:00:00Z"))["models"]
        purchases = models["purchases"]
        assert isinstance(purchases, dict)
        assert purchases["name"] == "Pareto/NBD"

    def test_segments_hold_the_shares_their_quantiles_say(self, storage: InMemoryStorage) -> None:
        run(storage, "1998-07-01T00:00:00Z")
        segments = storage.repositories.ltv.get_all_ltv_segments()
        shares = {each.segment_id: each.result.customers / 2357 for each in segments if each.result}
        assert shares == pytest.approx(
            {"low_value": 0.5, "medium_value": 0.3, "high_value": 0.15, "vip": 0.05}, abs=0.001
        )
