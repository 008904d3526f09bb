"""Who is who, whatever comes in which order: a model of names beside every storage.

Orders, refunds and activity under ids, e-mail addresses and phone numbers, in batches and files;
runs, erasures and new keys in between.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from succotash.application.people.erasure import ANONYM_PREFIX
from tests.builders import NOON, days, minutes
from tests.contract.conftest import NewStorage
from tests.contract.shelf import Shelf
from tests.http.gateway import Gateway

pytestmark = pytest.mark.long

ADA, BOB = "ada@example.com", "bob@example.com"
EMAILS = {
    ADA: (ADA, "Ada@Example.com", "mailto:ada@example.com"),
    BOB: (BOB, "bob\uff20example.com"),
}
NUMBERS = ("+49 30 901820", "+4930901820", "tel:+49-30-901820")
SHOP_IDS = ("1", "2")


@dataclass(frozen=True)
class Name:
    """What a fact calls its customer: one of several spellings, and an e-mail beside it."""

    written: str
    key: str
    """What the spellings have in common."""
    email: str | None


@dataclass(frozen=True)
class Fact:
    name: Name
    item_id: str
    at: datetime
    amount: int
    refund_of: str | None = None

    def as_order(self) -> dict[str, Any]:
        order = {
            "customer_id": self.name.written,
            "order_id": self.item_id,
            "ordered_at": self.at.isoformat(),
            "amount": str(self.amount),
        }
        # An id that is an address says its own; the field says nothing more.
        if self.name.email is not None and self.name.key != self.name.email:
            order["email"] = self.name.email
        return order | ({} if self.refund_of is None else {"refund_of": self.refund_of})


@st.composite
def names(draw: st.DrawFn) -> Name:
    kind = draw(st.sampled_from(["shop", "shop", "email", "number"]))
    if kind == "email":
        email = draw(st.sampled_from([*EMAILS]))
        return Name(draw(st.sampled_from(EMAILS[email])), email, email)
    email_beside = draw(st.sampled_from([None, ADA, BOB]))
    if kind == "number":
        return Name(draw(st.sampled_from(NUMBERS)), NUMBERS[0], email_beside)
    key = draw(st.sampled_from(SHOP_IDS))
    return Name(key, key, email_beside)


@dataclass
class Model:
    """Who has which e-mail, and what was recorded under which name."""

    emails: dict[str, str] = field(default_factory=dict)
    """The first that came with a name."""
    buried: dict[str, datetime] = field(default_factory=dict)
    """Names and addresses."""
    copies: list[Fact] = field(default_factory=list)
    """What was answered as recorded; one fact under two names twice, until a run."""
    anonymous: list[Fact] = field(default_factory=list)

    def group(self, key: str) -> str:
        """What all names of one customer share."""
        return self.emails.get(key, key)

    def is_erased(self, fact: Fact) -> bool:
        named = (fact.name.key, fact.name.email)
        return any(each in self.buried and self.buried[each] >= fact.at for each in named if each)

    def learn(self, name: Name) -> None:
        if name.email is not None:
            self.emails.setdefault(name.key, name.email)

    def of_group(self, group: str) -> list[Fact]:
        return [each for each in self.copies if self.group(each.name.key) == group]

    def settle(self) -> None:
        once = {(self.group(each.name.key), each.item_id): each for each in self.copies}
        self.copies = [*once.values()]

    def erase(self, email: str, at: datetime) -> None:
        names = {key for key, each in self.emails.items() if each == email} | {email}
        gone = [each for each in self.copies if each.name.key in names]
        self.anonymous += gone
        self.copies = [each for each in self.copies if each not in gone]
        for key in names:
            self.emails.pop(key, None)
            self.buried[key] = at


def revenue(facts: list[Fact]) -> Decimal:
    return Decimal(sum(each.amount for each in facts))


class WhoIsWho(RuleBasedStateMachine):
    """Compares answers with the model after each run, and what became of each fact at once."""

    def __init__(self, new_storage: NewStorage) -> None:
        super().__init__()
        self.storage = new_storage()
        self.now = NOON
        self.keys = ["the-first-key-of-these-tests"]
        self.model = Model()
        self.has_refunds = False
        self.sent: list[Fact] = []
        self.tick()

    def tick(self) -> None:
        """Time passes, and functions start again with the keys there are."""
        self.now += minutes(30)
        gateway = Gateway(
            {
                "SUCCOTASH_STORAGE": "memory",
                "ERASURE_KEYS": ",".join(self.keys),
                "PUBLISH_WORSE": "true",
            }
        )
        vars(gateway.container).update(storage=self.storage, _clock=lambda: self.now)
        self.gateway = gateway
        self.container = gateway.container

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        answer = self.gateway.call(method, path, json_body=body)
        assert answer.status == 200, answer.body
        assert not any(f'customer_id": "{each}' in answer.body for each in (ADA, BOB, *NUMBERS))
        return answer.json

    @rule(
        given=st.lists(
            st.tuples(names(), st.sampled_from([0, 0, 0, 30, 90]), st.booleans()),
            min_size=1,
            max_size=4,
        ),
        is_file=st.booleans(),
    )
    def order(self, given: list[tuple[Name, int, bool]], *, is_file: bool) -> None:
        facts = []
        for name, age, again in given:
            if again and self.sent and not is_file:
                earlier = self.sent[-1 - age % len(self.sent)]  # mostly the one just before
                facts.append(Fact(name, earlier.item_id, earlier.at, earlier.amount))
            else:
                number = len(self.sent)
                fact = Fact(name, f"o{number}", self.now - days(age), 10 + number)
                self.sent.append(fact)
                facts.append(fact)
        self.send(facts, is_file=is_file)

    @rule(name=names(), choice=st.integers(0, 20))
    def refund(self, name: Name, choice: int) -> None:
        """Half an order back, under another name of the customer whose it is."""
        own = self.model.of_group(self.model.group(name.key))
        orders = [each for each in own if each.refund_of is None]
        joins = name.email not in {None, self.model.emails.get(name.key, name.email)}
        if orders and not joins:
            order = orders[choice % len(orders)]
            self.has_refunds = True
            refund = Fact(name, f"r{order.item_id}", order.at, -5, order.item_id)
            self.send([refund], is_file=False)

    def send(self, facts: list[Fact], *, is_file: bool) -> None:
        if is_file:
            lines = "\n".join(json.dumps(each.as_order()) for each in facts)
            shelf = Shelf({"o.ndjson": lines.encode()})
            report: Any = self.container.get_bulk_import(shelf).run("o.ndjson")
            assert report["status"] == "finished"
        else:
            report = self.call("POST", "/orders", {"orders": [each.as_order() for each in facts]})
        is_erased = list(map(self.model.is_erased, facts))
        taken = [each for each, gone in zip(facts, is_erased, strict=True) if not gone]
        for fact in taken:
            self.model.learn(fact.name)
        if not is_file:
            statuses = [each["status"] for each in report["results"]]
            assert [each == "erased" for each in statuses] == is_erased
            for fact, status in zip(facts, statuses, strict=True):
                group = self.model.of_group(self.model.group(fact.name.key))
                if status == "unchanged":
                    assert fact.item_id in {each.item_id for each in group}
                elif status == "recorded":
                    self.model.copies.append(fact)
        else:
            self.model.copies += taken
        assert report["erased"] == sum(is_erased)
        assert report["conflicting"] == report["rejected"] == 0

    @rule(name=names())
    def act(self, name: Name) -> None:
        moment = self.now.isoformat()
        event = {"customer_id": name.written, "event_id": moment, "occurred_at": moment}
        report = self.call("POST", "/activity", {"events": [event | {"kind": "click"}]})
        assert report["recorded"] == 1
        if name.key == name.email:
            self.model.learn(name)
        self.tick()

    @rule()
    def rotate(self) -> None:
        self.keys = [f"key-number-{len(self.keys)}-of-these-tests", *self.keys]
        self.tick()

    @rule(email=st.sampled_from([ADA, BOB]))
    def erase(self, email: str) -> None:
        if self.has_refunds:  # recorded apart from their orders, maybe, which stay apart then
            self.run()
        self.call("POST", "/people/erasures", {"email": email})
        self.model.erase(email, self.now)
        export = self.call("POST", "/people/export", {"email": email})
        assert export["customers"] == []
        self.tick()

    @rule()
    def run(self) -> None:
        assert self.container.get_churn_scoring().run(self.now)["state"] == "current"
        self.model.settle()
        self.has_refunds = False
        self.compare()
        self.tick()

    def compare(self) -> None:
        listed = self.call("GET", "/ltv/customers")["customers"]
        values = {each["customer_id"]: each for each in listed}
        groups = {self.model.group(each.name.key) for each in self.model.copies}
        named = {each for each in values if not each.startswith(ANONYM_PREFIX)}
        assert len(named) == len(groups)
        seen = set()
        for group in groups:
            facts = self.model.of_group(group)
            # By every name that may stand in an address; a run has made them one.
            for key in {each.name.key for each in facts} & {*SHOP_IDS}:
                found = self.call("GET", f"/ltv/customers/{key}")
                assert (
                    self.call("GET", f"/retention/customers/{key}")["customer_id"]
                    == (found["customer_id"])
                )
                assert Decimal(found["actual_clv"]) == revenue(facts)
                assert found["order_count"] == len([f for f in facts if f.refund_of is None])
                seen.add(found["customer_id"])
            if group in EMAILS:
                [customer] = self.call("POST", "/people/export", {"email": group})["customers"]
                told = sorted(each["order_id"] for each in customer["orders"])
                assert told == sorted(each.item_id for each in facts)
                seen.add(customer["customer_id"])
        numbers = groups & {NUMBERS[0]}
        assert len(seen) == len(groups) - len(numbers)
        everything = sum(Decimal(each["actual_clv"]) for each in listed)
        assert everything == revenue([*self.model.copies, *self.model.anonymous])


def test_everybody_is_who_the_model_says(new_storage: NewStorage) -> None:
    class OnThisStorage(WhoIsWho):
        def __init__(self) -> None:
            super().__init__(new_storage)

    run_state_machine_as_test(
        OnThisStorage,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
