"""A business of a year, invented by a seed, with its raw facts for counting on paper."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.ledgers import Order
from succotash.domain.values import LeadId
from succotash.errors import IllegalTransitionError
from tests.builders import a_form, a_lead, a_score, a_submission, an_order, usd
from tests.contract.on_paper import settled_on_paper

SOURCES = ("direct", "google", "letter")


@dataclass
class Business:
    """Raw facts, as they were told to the storage."""

    zone: ZoneInfo
    as_of: datetime
    orders: list[Order] = field(default_factory=list)
    submissions: list[FormSubmission] = field(default_factory=list)
    first_seen: dict[str, datetime] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    histories: dict[str, list[LeadStatus]] = field(default_factory=dict)
    scores: dict[str, tuple[int, str, bool]] = field(default_factory=dict)
    customers_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    costs: dict[tuple[date, str], Decimal] = field(default_factory=dict)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def of(self, customer: str) -> list[Order]:
        return [each for each in self.orders if each.customer_id == customer]

    def purchases(self, customer: str, until: datetime) -> list[datetime]:
        return [at for at, _, bought in settled_on_paper(self.of(customer), until) if bought]

    @property
    def valued(self) -> dict[str, datetime]:
        """Customers with a purchase until the run, with their first one."""
        names = {each.customer_id for each in self.orders}
        found = {name: self.purchases(name, self.as_of) for name in sorted(names)}
        return {name: min(moments) for name, moments in found.items() if moments}

    def origin(self, customer: str, first: datetime) -> str:
        for lead, customers in self.customers_of.items():
            earlier = [
                each
                for each in self.submissions
                if each.lead_id == lead
                and each.state is SubmissionState.ACCEPTED
                and each.submitted_at <= first
            ]
            if customer in customers and earlier:
                return max(earlier, key=lambda each: (each.submitted_at, each.submission_id)).source
        return "unknown"


def invented(storage: Storage, seed: int, zone: str, as_of: datetime) -> Business:
    """A business of a year, most of which happens around midnights of its zone."""
    luck = Random(seed)  # noqa: S311 - the same business each time
    made = Business(ZoneInfo(zone), as_of)

    def moment(days_back: int) -> datetime:
        midnight = made.midnight(made.day(as_of) - timedelta(days=luck.randrange(days_back)))
        near = luck.choice((0, 0, -1, 1, 3600, -3600, 50_000))
        return midnight + timedelta(seconds=near)

    repositories = storage.repositories
    repositories.forms.save_form(a_form("contact"), [])
    for number in range(30):
        _add_lead(storage, made, luck, f"lead-{number:02}", moment(380))
    for number in range(40):
        name = f"customer-{number:02}"
        lead = f"lead-{luck.randrange(36):02}"
        email = f"{lead}@example.com" if lead in made.first_seen else None
        if email is not None:
            made.customers_of[lead].add(name)
        own: list[Order] = []
        for each in range(luck.randrange(1, 6)):
            amount = luck.choice(("0", "9.99", "12.3456", "100"))
            at = moment(400)
            own.append(an_order(f"o{each}", customer_id=name, ordered_at=at, amount=amount))
            if luck.random() < 0.35:
                back = -Decimal(luck.choice((amount, "5", "150", "0.01")))
                later = at + timedelta(days=luck.choice((0, 1, 31, 300)), seconds=1)
                own.append(
                    an_order(
                        f"r{each}",
                        customer_id=name,
                        ordered_at=later,
                        amount=back,
                        refund_of=f"o{each}",
                    )
                )
        luck.shuffle(own)
        repositories.ltv.record_orders([replace(each, canonical_email=email) for each in own])
        made.orders += own
    for days in (0, 31, 62, 200):
        month = (made.day(as_of) - timedelta(days=days)).replace(day=1)
        spent = {source: Decimal(luck.randrange(1, 90)) for source in ("google", "fair")}
        repositories.ltv.save_acquisition_costs(
            month, {source: usd(cost) for source, cost in spent.items()}
        )
        made.costs |= {(month, source): cost for source, cost in spent.items()}
    return made


def _add_lead(storage: Storage, made: Business, luck: Random, lead: str, first: datetime) -> None:
    """A lead who wrote up to three times, and moved on, was lost or taken up again."""
    forms = storage.repositories.forms
    later = [first + timedelta(days=luck.randrange(90)) for _ in range(luck.randrange(3))]
    source = luck.choice(SOURCES)
    forms.save_lead(a_lead(lead, first_at=first, last_at=max([first, *later]), source=source))
    made.first_seen[lead], made.sources[lead] = first, source
    for number, moment in enumerate([first, *later]):
        submission = a_submission(
            f"{lead}-{number}",
            form_id=luck.choice(("default", "contact")),
            submitted_at=moment,
            source=luck.choice(SOURCES) if number else source,
            lead_id=lead,
            state=luck.choice(tuple(SubmissionState)) if number else SubmissionState.ACCEPTED,
        )
        forms.save_form_submission(submission)
        made.submissions.append(submission)
    history = [LeadStatus.NEW]
    for status in luck.choices(tuple(LeadStatus), k=luck.randrange(5)):
        try:
            forms.update_lead_status(LeadId(lead), status, first)
        except IllegalTransitionError:
            continue
        history.append(status)
    made.histories[lead] = history
    if luck.random() < 0.7:
        total, grade = luck.randrange(10, 101), luck.choice("ABCD")
        forms.save_lead_score(a_score(lead, total=total, grade=grade, is_hot=total >= 70))
        made.scores[lead] = (total, grade, total >= 70)
