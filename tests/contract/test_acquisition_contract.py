"""Costs of acquisition, and values by source."""

from datetime import date
from decimal import Decimal

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.acquisition import AcquisitionCost, SourceValue
from succotash.domain.value.ltv import ValueGroup
from succotash.domain.values import Currency, Money
from tests.builders import NOON, USD, a_lead, a_run, a_value, an_order, at, usd
from tests.contract.valued import save_values

APRIL, MAY, JUNE = date(2024, 4, 1), date(2024, 5, 1), date(2024, 6, 1)
NOBODY = ValueGroup(0, Decimal(0), Decimal(0), Decimal(0))


def group(customers: int, revenue: int, residual: int) -> ValueGroup:
    return ValueGroup(customers, Decimal(revenue), Decimal(revenue + residual), Decimal(residual))


def valued(repositories: Repositories) -> None:
    """Of google one customer of April and one of May, of a newsletter one of May."""
    came = {"a": ("google", "2024-04"), "b": ("google", "2024-05"), "c": ("letter", "2024-05")}
    values = []
    for each, (source, month) in came.items():
        first = at(f"{month}-10T12:00")
        repositories.forms.save_lead(
            a_lead(each, email=f"{each}@x.org", source=source, first_at=first, last_at=first)
        )
        order = an_order("1", customer_id=each, email=f"{each}@x.org", ordered_at=first)
        repositories.ltv.record_orders([order])
        values.append(
            a_value(each, actual="10", residual="2", cohort=month, first_purchase_at=first)
        )
    run = a_run(at("2024-06-30T00:00"))
    repositories.retention.open_scoring_run(run)
    save_values(repositories, run.run_id, values, NOON)
    repositories.ltv.build_rollups(run.run_id, run.as_of, "UTC")
    repositories.retention.finish_scoring_run(run.run_id, 3)


class TestCosts:
    def test_a_month_is_replaced_and_others_stay(self, ltv: LTVRepository) -> None:
        ltv.save_acquisition_costs(MAY, {"google": usd("10.0001"), "letter": usd("2")})
        ltv.save_acquisition_costs(APRIL, {"google": usd("7")})
        ltv.save_acquisition_costs(MAY, {"google": usd("11"), "fair": usd("0")})
        assert ltv.get_acquisition_costs() == [
            AcquisitionCost("fair", MAY, usd("0")),
            AcquisitionCost("google", MAY, usd("11")),
            AcquisitionCost("google", APRIL, usd("7")),
        ]
        assert [each.month for each in ltv.get_acquisition_costs(end=APRIL)] == [APRIL]
        assert ltv.get_acquisition_costs(start=JUNE) == []
        ltv.save_acquisition_costs(MAY, {})
        assert [each.month for each in ltv.get_acquisition_costs()] == [APRIL]


class TestSourceValues:
    def test_before_the_first_run_costs_have_no_customers(self, ltv: LTVRepository) -> None:
        assert ltv.find_source_values(USD).found == []
        ltv.save_acquisition_costs(MAY, {"google": usd("10")})
        [google] = ltv.find_source_values(USD).found
        assert google == SourceValue("google", NOBODY, NOBODY, Decimal(10))
        assert (google.cost_per_customer, google.ltv_to_cac) == (None, None)

    def test_only_customers_of_months_with_a_cost_are_set_against_it(
        self, repositories: Repositories
    ) -> None:
        ltv = repositories.ltv
        valued(repositories)
        ltv.save_acquisition_costs(MAY, {"google": usd("4"), "fair": usd("5")})
        ltv.save_acquisition_costs(JUNE, {"google": usd("2")})

        fair, google, letter = ltv.find_source_values(USD).found
        assert fair == SourceValue("fair", NOBODY, NOBODY, Decimal(5))
        assert google == SourceValue("google", group(2, 20, 4), group(1, 10, 2), Decimal(6))
        assert letter == SourceValue("letter", group(1, 10, 2), NOBODY, None)
        assert (google.cost_per_customer, google.ltv_to_cac) == (Decimal(6), 2.0)
        assert (letter.cost_per_customer, letter.ltv_to_cac) == (None, None)

    def test_months_bound_customers_and_costs_alike(self, repositories: Repositories) -> None:
        ltv = repositories.ltv
        valued(repositories)
        for month in (APRIL, MAY, JUNE):
            ltv.save_acquisition_costs(month, {"google": usd("4")})

        [google] = ltv.find_source_values(USD, end=APRIL).found
        assert (google.total.customers, google.cost) == (1, Decimal(4))
        google, letter = ltv.find_source_values(USD, start=MAY).found
        assert (google.total.customers, google.cost) == (1, Decimal(8))
        assert letter.cost is None

    def test_a_cost_in_another_currency_is_left_out(self, ltv: LTVRepository) -> None:
        euros = Money(Decimal(3), Currency("EUR"))
        ltv.save_acquisition_costs(MAY, {"google": euros})
        assert ltv.find_source_values(USD).found == []
        assert len(ltv.find_source_values(euros.currency).found) == 1
