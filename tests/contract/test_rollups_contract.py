"""Cohorts and analytics that are built from values and the ledger."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ledgers import Order
from succotash.domain.value.ltv import (
    CohortPeriod,
    CustomerLTV,
    ValueGroup,
)
from succotash.domain.values import (
    MONEY_UNIT,
    CohortId,
)
from tests.builders import (
    NOON,
    USD,
    a_lead,
    a_run,
    a_submission,
    a_value,
    an_order,
    at,
    days,
    usd,
    value_columns,
)
from tests.contract.conftest import NewStorage
from tests.contract.histories import as_rows
from tests.contract.on_paper import (
    settled_on_paper,
)
from tests.contract.shards import every_shard
from tests.contract.valued import save_values
from tests.strategies import MODEST, instants, ledgers, zones


class TestRollups:
    def test_before_the_first_run_nothing_is_worth_anything(self, ltv: LTVRepository) -> None:
        ltv.save_customer_ltv(a_value())
        analytics = ltv.get_ltv_analytics()
        assert analytics.run_id == INITIAL_RUN
        assert analytics.total == ValueGroup(0, Decimal(0), Decimal(0), Decimal(0))
        assert (analytics.by_segment, analytics.by_cohort) == ({}, {})
        assert (analytics.by_source, analytics.by_campaign) == ({}, {})

    def test_values_are_grouped_by_what_customers_share(self, repositories: Repositories) -> None:
        forms, ltv, run = repositories.forms, repositories.ltv, a_run()
        forms.save_lead(a_lead("ada", email="a@x.org", source="google", campaign="spring"))
        forms.save_lead(a_lead("bob", email="b@x.org", source="google"))
        ltv.record_orders(
            [
                an_order("0", customer_id="a", email="a@x.org"),
                an_order("0", customer_id="b", email="b@x.org"),
                an_order("0", customer_id="c"),
            ]
        )
        repositories.retention.open_scoring_run(run)
        values = [
            a_value("a", actual="10", residual="1.0001", segment="vip"),
            a_value("b", actual="20", residual="2", segment="vip"),
            a_value(
                "c",
                actual="30",
                residual="3",
                cohort="2024-04",
                first_purchase_at=NOON - days(10),
            ),
        ]
        save_values(repositories, run.run_id, values, NOON)
        ltv.build_rollups(run.run_id, NOON, "UTC")
        ltv.build_rollups(run.run_id, NOON, "UTC")
        assert ltv.get_ltv_analytics().total.customers == 0
        repositories.retention.finish_scoring_run(run.run_id, 3)

        def group(customers: int, revenue: str, residual: str) -> ValueGroup:
            total = Decimal(revenue) + Decimal(residual)
            return ValueGroup(customers, Decimal(revenue), total, Decimal(residual))

        analytics = ltv.get_ltv_analytics()
        assert analytics.run_id == run.run_id
        assert analytics.total == group(3, "60", "6.0001")
        assert analytics.by_segment == {
            "vip": group(2, "30", "3.0001"),
            "low_value": group(1, "30", "3"),
        }
        assert analytics.by_cohort == {
            "2024-05": group(2, "30", "3.0001"),
            "2024-04": group(1, "30", "3"),
        }
        assert analytics.by_source == {
            "google": group(2, "30", "3.0001"),
            "unknown": group(1, "30", "3"),
        }
        assert analytics.by_campaign == {"spring": group(1, "10", "1.0001")}

        ltv.save_customer_ltv(a_value("single"))
        assert ltv.get_ltv_analytics().total.customers == 3, "single values are not rolled up"

    def test_a_customer_comes_from_the_last_accepted_submission_before_their_first_order(
        self, repositories: Repositories
    ) -> None:
        """What was submitted after it credits nothing: its person had bought already."""
        forms, ltv, run, first_order = repositories.forms, repositories.ltv, a_run(), NOON - days(9)
        sent: dict[str, list[tuple[str, str | None, int]]] = {
            "returning": [
                ("google", "winter", -8),
                ("newsletter", "spring", -1),
                ("late", "new", 1),
            ],
            "late": [("today", "summer", 2)],
            "suspect": [("trusted", None, -5), ("spam", "spam", -1)],
            "on time": [("exact", None, 0)],
        }
        for who, submissions in sent.items():
            moments = [first_order + days(each) for *_, each in submissions]
            lead = a_lead(
                who,
                email=f"{who.replace(' ', '.')}@x.org",
                source=submissions[0][0],
                campaign=submissions[0][1],
                first_at=min(moments),
                last_at=max(moments),
            )
            forms.save_lead(lead)
            for (source, campaign, _), moment in zip(submissions, moments, strict=True):
                is_spam = source == "spam"
                forms.save_form_submission(
                    a_submission(
                        f"{who}-{source}",
                        source=source,
                        attribution={} if campaign is None else {"utm_campaign": campaign},
                        submitted_at=moment,
                        lead_id=who,
                        state=SubmissionState.QUARANTINED if is_spam else SubmissionState.ACCEPTED,
                    )
                )
        # Of one lead the submissions are deleted: the lead remembers its first source.
        forms.save_lead(
            a_lead(
                "kept",
                email="kept@x.org",
                source="fair",
                campaign="stand",
                first_at=first_order - days(400),
                last_at=NOON,
            )
        )
        customers = [*sent, "kept"]
        ltv.record_orders(
            [
                an_order(
                    "first",
                    customer_id=who,
                    ordered_at=first_order,
                    email=f"{who.replace(' ', '.')}@x.org",
                )
                for who in customers
            ]
        )
        repositories.retention.open_scoring_run(run)
        values = [a_value(who, first_purchase_at=first_order) for who in customers]
        save_values(repositories, run.run_id, values, NOON)
        ltv.build_rollups(run.run_id, NOON, "UTC")
        repositories.retention.finish_scoring_run(run.run_id, len(values))

        analytics = ltv.get_ltv_analytics()
        sources = {name: group.customers for name, group in analytics.by_source.items()}
        campaigns = {name: group.customers for name, group in analytics.by_campaign.items()}
        assert sources == {"newsletter": 1, "unknown": 1, "trusted": 1, "exact": 1, "fair": 1}
        assert campaigns == {"spring": 1, "stand": 1}

    def test_analytics_include_both_days_of_a_range(self, repositories: Repositories) -> None:
        """The day of a first purchase is Berlin's: 22:30 in UTC is half past midnight there."""
        ltv, run = repositories.ltv, a_run(at("2024-06-15T00:00"))
        repositories.retention.open_scoring_run(run)
        values = [
            a_value(f"customer-{day}", first_purchase_at=at(f"2024-05-{day - 1:02}T22:30"))
            for day in range(10, 15)
        ]
        save_values(repositories, run.run_id, values, run.as_of)
        ltv.build_rollups(run.run_id, run.as_of, "Europe/Berlin")
        repositories.retention.finish_scoring_run(run.run_id, 5)

        def customers(start: str | None, end: str | None) -> int:
            found = ltv.get_ltv_analytics(
                start=None if start is None else date.fromisoformat(start),
                end=None if end is None else date.fromisoformat(end),
            )
            assert sum(each.customers for each in found.by_cohort.values()) == found.total.customers
            return found.total.customers

        assert customers(None, None) == 5
        assert customers("2024-05-11", "2024-05-13") == 3
        assert customers("2024-05-14", None) == 1
        assert customers(None, "2024-05-10") == 1
        assert customers("2024-05-10", "2024-05-10") == 1
        assert customers("2024-05-15", None) == 0

    def test_cohorts_are_built_from_values_and_the_ledger(self, repositories: Repositories) -> None:
        """Berlin is an hour ahead in winter: 23:30 in UTC is half past midnight of a new month."""
        ltv, run = repositories.ltv, a_run(at("2024-06-15T00:00"))
        february = at("2024-01-31T23:30")
        ltv.record_orders(
            [
                an_order("1", customer_id="a", ordered_at=february, amount="10"),
                an_order("2", customer_id="a", ordered_at=at("2024-02-29T22:59"), amount="5"),
                an_order("3", customer_id="a", ordered_at=at("2024-04-30T22:00"), amount="7.5"),
                an_order("1", customer_id="b", ordered_at=at("2024-02-10T00:00"), amount="1"),
                an_order("2", customer_id="b", ordered_at=at("2024-05-02T00:00"), amount="2"),
                an_order("3", customer_id="b", ordered_at=at("2024-05-03T00:00"), amount="40"),
                an_order(
                    "4",
                    customer_id="b",
                    ordered_at=at("2024-06-01T00:00"),
                    amount="-40",
                    refund_of="3",
                ),
                an_order("5", customer_id="b", ordered_at=at("2024-06-20T00:00"), amount="100"),
                an_order("1", customer_id="unvalued", ordered_at=february, amount="1000"),
            ]
        )
        repositories.retention.open_scoring_run(run)
        for shard in every_shard():
            members = ltv.purchase_histories(run.as_of, "UTC", shard=shard).days.customer_ids
            values = [
                a_value(
                    each, actual=worth, residual="0.0001", cohort="2024-02", first_purchase_at=first
                )
                for each, worth, first in (
                    ("a", "22.5", february),
                    ("b", "3", at("2024-02-10T00:00")),
                )
                if each in members
            ]
            ltv.save_customer_values(run.run_id, USD, shard, value_columns(values))
        for _ in range(2):
            ltv.build_rollups(run.run_id, run.as_of, "Europe/Berlin")
        assert ltv.get_all_cohorts() == []
        repositories.retention.finish_scoring_run(run.run_id, 2)
        [cohort] = ltv.get_all_cohorts()
        assert cohort == ltv.get_cohort(CohortId("2024-02"))
        assert (cohort.starts_on, cohort.customers) == (date(2024, 2, 1), 2)
        assert cohort.revenue == usd("25.5")
        assert cohort.average_ltv == usd("12.7501")
        assert cohort.periods == (
            CohortPeriod(0, 2, Decimal(16)),
            CohortPeriod(3, 2, Decimal("9.5")),
        )
        assert cohort.run_id == run.run_id

    @MODEST
    @given(orders=ledgers(), as_of=instants, zone=zones)
    def test_rollups_agree_with_adding_up_on_paper(
        self, new_storage: NewStorage, orders: Sequence[Order], as_of: datetime, zone: str
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        run = a_run(as_of)
        repositories.retention.open_scoring_run(run)
        local = ZoneInfo(zone)
        values: dict[str, CustomerLTV] = {}
        for shard in every_shard():
            found = as_rows(repositories.ltv.purchase_histories(as_of, zone, shard=shard))
            shards_values = [
                a_value(
                    customer_id,
                    actual=Decimal(row.revenue + row.over_refunds).scaleb(-4),
                    residual="0.5",
                    segment="vip" if row.frequency else "low_value",
                    cohort=f"{row.first_purchase_at.astimezone(local):%Y-%m}",
                    first_purchase_at=row.first_purchase_at,
                )
                for customer_id, row in found.items()
            ]
            values |= {each.customer_id: each for each in shards_values}
            repositories.ltv.save_customer_values(
                run.run_id, USD, shard, value_columns(shards_values)
            )
        repositories.ltv.build_rollups(run.run_id, as_of, zone)
        repositories.retention.finish_scoring_run(run.run_id, len(values))

        analytics = repositories.ltv.get_ltv_analytics()
        assert analytics.total.customers == len(values)
        assert analytics.total.revenue == sum(each.actual_clv.amount for each in values.values())
        members: dict[str, list[CustomerLTV]] = defaultdict(list)
        for value in values.values():
            members[value.cohort_id].append(value)
        assert {key: group.customers for key, group in analytics.by_cohort.items()} == {
            key: len(cohort) for key, cohort in members.items()
        }
        cohorts = repositories.ltv.get_all_cohorts()
        assert [cohort.cohort_id for cohort in cohorts] == sorted(members)
        for cohort in cohorts:
            expected = members[cohort.cohort_id]
            total = sum((each.predicted_clv.amount for each in expected), Decimal(0))
            assert cohort.customers == len(expected)
            assert abs(cohort.average_ltv.amount - total / len(expected)) <= MONEY_UNIT
            active: dict[int, set[str]] = defaultdict(set)
            revenue: dict[int, Decimal] = defaultdict(Decimal)
            for value in expected:
                own = [order for order in orders if order.customer_id == value.customer_id]
                for moment, net, is_purchase in settled_on_paper(own, as_of):
                    day = moment.astimezone(local)
                    year, month = map(int, cohort.cohort_id.split("-"))
                    period = max(0, (day.year - year) * 12 + day.month - month)
                    if is_purchase:
                        active[period].add(value.customer_id)
                    if is_purchase or net < 0:
                        revenue[period] += net
            assert cohort.periods == tuple(
                CohortPeriod(period, len(active[period]), revenue[period])
                for period in sorted(revenue)
            )
            assert cohort.revenue == usd(sum(revenue.values(), Decimal(0)))
            assert cohort.revenue == usd(sum(each.actual_clv.amount for each in expected))
