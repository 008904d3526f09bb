"""What every CustomerRepository does, and how customers become one, on every storage."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from succotash.domain.people.identities import Account, Join
from succotash.domain.repositories.customers import TOMBSTONES_TOLD
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import Customer
from succotash.domain.values import CustomerId
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_lead,
    a_prediction,
    a_profile,
    a_run,
    a_value,
    an_event,
    an_order,
    days,
)

ADA = "ada@example.com"
A, B, C = map(CustomerId, "abc")


class TestKnown:
    def test_ids_aliases_and_emails_are_found(self, repositories: Repositories) -> None:
        customers = repositories.customers
        repositories.ltv.record_orders([an_order(customer_id="a", email=ADA)])
        repositories.ltv.record_orders([an_order(customer_id="b", ordered_at=NOON - days(1))])
        customers.save_aliases({C: A})
        found = customers.find_known(["a", "b", "c", "d"], [ADA, "bob@example.com"])
        ada = Account(A, NOON, ADA)
        assert found.accounts == {"a": ada, "b": Account(B, NOON - days(1)), "c": ada}
        assert {email: [*owners] for email, owners in found.owners.items()} == {ADA: [ada]}
        assert found.erased == {}

    def test_tombstones_are_found(self, repositories: Repositories) -> None:
        repositories.people.bury(["0a0b0c0d"], NOON)
        found = repositories.customers.find_known([], [], ["0a0b0c0d", "01020304"])
        assert found.erased == {"0a0b0c0d": NOON}

    def test_everybodys_tombstones_are_told_up_to_a_number(
        self, repositories: Repositories
    ) -> None:
        repositories.people.bury(["0a0b0c0d"], NOON)
        assert repositories.customers.find_known([], [], None).erased == {"0a0b0c0d": NOON}
        repositories.people.bury([f"{each:08x}" for each in range(TOMBSTONES_TOLD + 1)], NOON)
        assert len(repositories.customers.find_known([], [], None).erased) == TOMBSTONES_TOLD + 1

    def test_of_plain_names_only_aliases_are_told(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders([an_order(customer_id="a"), an_order(customer_id="b")])
        repositories.customers.save_aliases({C: A})
        found = repositories.customers.find_known([], [], aliases_only=["a", "b", "c", "d"])
        assert found.accounts == {"c": Account(A, NOON)}

    def test_an_alias_stays_with_whom_it_was_saved_for(self, repositories: Repositories) -> None:
        customers = repositories.customers
        repositories.ltv.record_orders([an_order(customer_id="a"), an_order(customer_id="b")])
        customers.save_aliases({C: A, CustomerId("0"): A, CustomerId("lost"): CustomerId("none")})
        customers.save_aliases({C: B})
        assert customers.get_aliases([A, B]) == {A: [CustomerId("0"), C]}
        assert customers.find_known(["lost"], []).accounts == {}

    def test_reading_one_customer_follows_an_alias(self, repositories: Repositories) -> None:
        ltv, retention = repositories.ltv, repositories.retention
        ltv.record_orders([an_order(customer_id="a")])
        retention.record_activity([an_event(customer_id="a")])
        ltv.save_customer_ltv(a_value("a"))
        retention.save_churn_prediction(a_prediction("a"))
        retention.save_user_engagement_profile(a_profile("a"))
        repositories.customers.save_aliases({C: A})
        assert ltv.get_customer(C) == Customer(A, NOON)
        assert ltv.get_orders(C) == ltv.get_orders(A) != []
        assert retention.get_activity(C) == retention.get_activity(A) != []
        assert ltv.get_customer_ltv(C).customer_id == A
        assert retention.get_churn_prediction(C).customer_id == A
        assert retention.get_user_engagement_profile(C).customer_id == A

    def test_what_is_left_over_is_found_by_whom_it_belongs_to(
        self, repositories: Repositories
    ) -> None:
        customers = repositories.customers
        repositories.ltv.record_orders([an_order(customer_id=each) for each in "abc"])
        customers.save_aliases({A: B, B: C, CustomerId("lost"): A})
        assert customers.find_left_over() == [Join(A, B), Join(B, C)]
        assert customers.find_left_over(limit=1) == [Join(A, B)]
        assert customers.find_left_over(targets=[C]) == [Join(B, C)]
        assert customers.find_left_over(targets=[]) == []

    def test_ids_that_may_be_personal_are_found(self, repositories: Repositories) -> None:
        ids = ["+1", "a", "ADA@example.com", "ada@example.com", "b@", "a+b"]
        repositories.ltv.record_orders([an_order(customer_id=each) for each in ids])
        customers = repositories.customers
        personal = ["+1", "ADA@example.com", "ada@example.com", "b@"]
        assert customers.find_personal_ids() == personal
        assert customers.find_personal_ids(limit=2) == personal[:2]
        assert customers.find_personal_ids(after=personal[1]) == personal[2:]
        assert customers.find_personal_ids(email=ADA) == personal[1:3]


class TestJoining:
    def test_everything_of_one_becomes_the_others(self, repositories: Repositories) -> None:
        ltv, retention = repositories.ltv, repositories.retention
        repositories.forms.save_lead(a_lead(email=ADA))
        ltv.record_orders([an_order("o1", customer_id="a", ordered_at=NOON - days(2))])
        ltv.record_orders([an_order("o2", customer_id="b")])
        retention.record_activity([an_event("e1", customer_id="a")])
        run = a_run()
        retention.open_scoring_run(run)
        value = a_value("a", run_id=run.run_id)
        since = date(2024, 2, 3)
        prediction = a_prediction("a", inactive_since=since, at_risk="7.5", run_id=run.run_id)
        profile = a_profile("a", run_id=run.run_id)
        ltv.save_customer_ltv(value)
        retention.save_churn_prediction(prediction)
        retention.save_user_engagement_profile(profile)
        retention.finish_scoring_run(run.run_id, 1)
        repositories.customers.save_aliases({C: A})
        repositories.customers.join_customers([Join(A, B, ADA)])
        assert ltv.get_customer(B) == Customer(B, NOON - days(2), ADA, a_lead().lead_id)
        assert [each.order_id for each in ltv.get_orders(B)] == ["o1", "o2"]
        assert [each.event_id for each in retention.get_activity(B)] == ["e1"]
        told = replace(value, customer_id=B, risk_level=prediction.risk_level)
        assert ltv.get_customer_ltv(B) == told
        risk = replace(prediction, customer_id=B, value_segment=value.segment_id)
        assert retention.get_churn_prediction(B) == risk
        assert retention.get_user_engagement_profile(B) == replace(profile, customer_id=B)
        assert repositories.customers.get_aliases([A, B]) == {B: [A, C]}
        assert ltv.purchase_histories(NOON, "UTC").days.customer_ids == ["b"]
        assert ltv.get_customers_by_email(ADA) == [ltv.get_customer(B)]

    def test_one_that_is_new_takes_everything(self, repositories: Repositories) -> None:
        ltv = repositories.ltv
        ltv.record_orders([an_order(customer_id="a", email=ADA)])
        repositories.customers.join_customers([Join(A, B)])
        assert ltv.get_customer(B) == Customer(B, NOON, ADA)
        assert ltv.get_customer(A).customer_id == B

    def test_an_email_that_is_there_stays(self, repositories: Repositories) -> None:
        ltv = repositories.ltv
        ltv.record_orders([an_order(customer_id="a", email=ADA)])
        ltv.record_orders([an_order(customer_id="b", email="bob@example.com")])
        repositories.customers.join_customers([Join(A, B, "carol@example.com")])
        assert ltv.get_customer(B).canonical_email == "bob@example.com"

    def test_what_both_have_is_there_once_and_what_differs_twice(
        self, repositories: Repositories
    ) -> None:
        ltv, retention = repositories.ltv, repositories.retention
        ltv.record_orders(
            [
                an_order("same", customer_id="a"),
                an_order("other", customer_id="a", amount="20"),
                an_order("back", customer_id="a", amount="-5", refund_of="other"),
                an_order("same", customer_id="b"),
                an_order("other", customer_id="b", amount="30"),
                an_order("back", customer_id="b", amount="-7", refund_of="other"),
            ]
        )
        retention.record_activity(
            [
                an_event("same", customer_id="a"),
                an_event("other", customer_id="a", name="x"),
                an_event("same", customer_id="b"),
                an_event("other", customer_id="b", name="y"),
            ]
        )
        repositories.customers.join_customers([Join(A, B)])
        orders = {each.order_id: each for each in ltv.get_orders(B)}
        assert sorted(orders) == ["back", "back (a)", "other", "other (a)", "same"]
        assert orders["back (a)"].refund_of == orders["other (a)"].order_id  # type: ignore[index]
        events = {each.event_id: each.name for each in retention.get_activity(B)}
        assert events == {"same": None, "other": "y", "other (a)": "x"}
        assert ltv.purchase_histories(NOON, "UTC").revenue.tolist() == [480_000]

    def test_refunds_that_look_alike_follow_their_orders(self, repositories: Repositories) -> None:
        ltv = repositories.ltv
        ltv.record_orders(
            [
                an_order("sold", customer_id="a", amount="20"),
                an_order("back", customer_id="a", amount="-5", refund_of="sold"),
                an_order("sold", customer_id="b", amount="30"),
                an_order("back", customer_id="b", amount="-5", refund_of="sold"),
            ]
        )
        repositories.customers.join_customers([Join(A, B)])
        refunds = {each.order_id: each.refund_of for each in ltv.get_orders(B) if each.refund_of}
        assert refunds == {"back": "sold", "back (a)": "sold (a)"}
        assert ltv.purchase_histories(NOON, "UTC").revenue.tolist() == [400_000]

    def test_results_of_the_other_stay_where_there_are_some(
        self, repositories: Repositories
    ) -> None:
        ltv = repositories.ltv
        ltv.record_orders([an_order(customer_id="a"), an_order(customer_id="b")])
        ltv.save_customer_ltv(a_value("a", actual="1"))
        ltv.save_customer_ltv(a_value("b", actual="2"))
        repositories.customers.join_customers([Join(A, B)])
        [value] = ltv.find_customers()
        assert (value.customer_id, value.actual_clv.amount) == (B, Decimal(2))

    def test_a_personal_id_is_no_alias(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders([an_order(customer_id=ADA)])
        repositories.customers.join_customers([Join(CustomerId(ADA), B)])
        assert repositories.customers.get_aliases([B]) == {}
        assert repositories.ltv.get_orders(CustomerId(ADA)) == []

    def test_many_are_joined_at_once(self, repositories: Repositories) -> None:
        orders = [an_order(f"o{each}", customer_id=f"s{each}") for each in range(50)]
        repositories.ltv.record_orders(orders)
        joins = [Join(CustomerId(f"s{each}"), CustomerId(f"t{each}")) for each in range(50)]
        repositories.customers.join_customers(joins)
        repositories.customers.join_customers([])
        found = repositories.ltv.purchase_histories(NOON, "UTC").days.customer_ids
        assert found == sorted(f"t{each}" for each in range(50))


class TestResultsOfNobody:
    def test_results_go_whose_customer_is_not_there(self, repositories: Repositories) -> None:
        ltv, retention = repositories.ltv, repositories.retention
        ltv.record_orders([an_order(customer_id="a")])
        run, other = a_run(), a_run(NOON - days(1))
        for each in (other, run):
            retention.open_scoring_run(each)
            for customer_id in "ab":
                ltv.save_customer_ltv(a_value(customer_id, run_id=each.run_id))
                retention.save_churn_prediction(a_prediction(customer_id, run_id=each.run_id))
                retention.save_user_engagement_profile(a_profile(customer_id, run_id=each.run_id))
            if each is other:
                retention.finish_scoring_run(other.run_id, 2)
        assert repositories.customers.delete_results_of_nobody(run.run_id) == 3
        assert ltv.get_customer_ltv(B).run_id == other.run_id
        retention.finish_scoring_run(run.run_id, 1)
        assert ltv.get_customer_ltv(A).run_id == run.run_id
        assert retention.get_churn_prediction(A).run_id == run.run_id
        assert retention.get_user_engagement_profile(A).run_id == run.run_id
        for get in (
            ltv.get_customer_ltv,
            retention.get_churn_prediction,
            retention.get_user_engagement_profile,
        ):
            with pytest.raises(NotFoundError):
                get(B)
