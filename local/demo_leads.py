"""The demo's invented leads: who wrote by the contact form, when, and what became of it.

Some customers of the sample wrote before they first bought, and so did people who never bought.
Companies wrote in the half year up to the last scoring run, and in the weeks up to now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from local.demo import CUSTOMER_EMAIL, SCORED_AT, Item, cdnow_orders
from succotash.domain.leads.leads import LeadStatus

WROTE_FIRST = 30
"""Every so many customers of the sample wrote before they first bought."""
NEVER_BOUGHT, COMPANIES_OF_1998, COMPANIES_OF_NOW = 30, 44, 26
FIRST_QUARTER = datetime(1997, 1, 1, tzinfo=UTC), timedelta(days=90)
"""When all customers of the sample came."""
HALF_YEAR, WEEKS = timedelta(days=181), timedelta(weeks=12)
GROWTH = 0.6
"""Below 1, more and more write."""

SOURCES: Mapping[str, tuple[int, Item]] = {
    "google": (35, {"utm_source": "google"}),
    "newsletter": (30, {"utm_source": "newsletter", "utm_campaign": "spring"}),
    "direct": (20, {}),
    "blog": (15, {"referrer": "https://blog.example.net/tools"}),
}
"""The share of leads that each source has, in 100, and what their submissions tell of it."""
COSTS: Mapping[str, Mapping[str, str]] = {
    "1997-01": {"google": "380.00", "newsletter": "90.00"},
    "1997-02": {"google": "410.00", "newsletter": "90.00"},
    "1997-03": {"google": "350.00", "newsletter": "75.00"},
}
"""Costs of acquisition by month and source, in the demo's currency."""

FIRST_NAMES = (
    "Alma", "Ben", "Carla", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jakob", "Keiko",
    "Luis", "Maya", "Nils", "Olga", "Pavel", "Rosa", "Sami", "Tessa", "Viktor",
)  # fmt: skip
LAST_NAMES = (
    "Adler", "Brandt", "Castro", "Dahl", "Ekwueme", "Fischer", "Garcia", "Haddad", "Ito",
    "Jansen", "Kovac", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Rossi",
)  # fmt: skip
PLACES = ("Harbour", "Northgate", "Elm Street", "Lakeside", "Old Town", "Riverside", "Hillcrest")
KINDS = ("Library", "Radio", "School of Music", "Café", "Cinema", "Hotel", "Theatre", "Bookshop",
         "Dance Studio", "Records", "Youth Centre")  # fmt: skip
QUESTIONS = (
    "Do you deliver to businesses?",
    "What do forty discs a month cost?",
    "We would like a quote for our listening room.",
    "Can we order on account?",
    "Which labels do you carry?",
    "We are looking for film scores from the sixties.",
    "Could somebody call us about a standing order?",
    "Is there a discount for schools?",
)
SUSPECT: Item = {
    "first_name": "Best",
    "last_name": "Ranking",
    "email": "offers@ranking.example.com",
    "message": "First page: http://a.example.com http://b.example.com http://c.example.com "
    "http://d.example.com",
}
"""More links than are tolerated, so it waits in quarantine."""
SUSPECT_AGO = timedelta(days=2)

type Change = tuple[LeadStatus, datetime]


@dataclass(frozen=True, slots=True)
class InventedLead:
    """A submission of the contact form, and the changes of its lead's status."""

    fields: Item
    wrote_at: datetime
    changes: Sequence[Change] = ()

    @property
    def email(self) -> str:
        """The address, in canonical form."""
        return str(self.fields["email"])


def invented_leads(now: datetime) -> Iterator[InventedLead]:
    """All of them, the same each time but for when the latest ones wrote."""
    yield InventedLead(SUSPECT, now - SUSPECT_AGO)
    yield from _buyers()
    yield from _never_bought()
    for number in range(COMPANIES_OF_1998):
        yield _company(number, number / COMPANIES_OF_1998, HALF_YEAR, SCORED_AT)
    for place in range(COMPANIES_OF_NOW):
        number = COMPANIES_OF_1998 + place
        yield _company(number, place / COMPANIES_OF_NOW, WEEKS, now)


def _buyers() -> Iterator[InventedLead]:
    """Customers who wrote in the week before they first bought."""
    first_bought: dict[str, datetime] = {}
    for order in cdnow_orders():
        if (email := order.get("email")) not in {None, CUSTOMER_EMAIL}:
            at = datetime.fromisoformat(str(order["ordered_at"]))
            first_bought[str(email)] = min(at, first_bought.get(str(email), at))
    for email, bought_at in first_bought.items():
        if int(email[6:10]) % WROTE_FIRST == 0:
            random = Random(email)  # noqa: S311 - the same each time
            fields: Item = {
                **_name(random),
                "email": email,
                "phone": f"+1 212 555 {email[6:10]}",
                "interests": ["Prices"],
                **_source(random),
            }
            wrote_at = bought_at - timedelta(hours=random.randint(5, 150))
            yield InventedLead(fields, wrote_at, [(LeadStatus.CLOSED_WON, bought_at)])


def _never_bought() -> Iterator[InventedLead]:
    """People who wrote when the customers did."""
    begins, span = FIRST_QUARTER
    for number in range(NEVER_BOUGHT):
        random = Random(f"never bought {number}")  # noqa: S311 - the same each time
        name = str(random.choice(FIRST_NAMES))
        fields: Item = {"first_name": name, "email": f"{name}{number}@example.org".lower()}
        wrote_at = begins + span * random.random()
        status = random.choice((LeadStatus.CONTACTED, LeadStatus.CLOSED_LOST))
        changes = [(status, wrote_at + timedelta(days=random.randint(1, 20)))]
        yield InventedLead(fields | _source(random), wrote_at, changes)


def _company(number: int, share: float, span: timedelta, end: datetime) -> InventedLead:
    """A company that wrote when this share of those in the span had."""
    random = Random(number)  # noqa: S311 - the same each time
    place, kind = PLACES[number % len(PLACES)], KINDS[number % len(KINDS)]
    name = _name(random)
    domain = f"{place}-{kind}".lower().replace(" ", "-").replace("é", "e")
    fields: Item = {**name, "email": f"{name['first_name']}@{domain}.example.com".lower()}
    is_earnest = random.random() < 0.6  # noqa: PLR2004
    if is_earnest:
        fields |= {"company": f"{place} {kind}", "message": random.choice(QUESTIONS)}
    if is_earnest and random.random() < 0.5:  # noqa: PLR2004
        fields["phone"] = f"+1 212 555 01{number:02d}"
    wrote_at = (end - span + span * share**GROWTH).replace(
        hour=random.randint(8, 18), minute=random.randint(0, 59), microsecond=0
    )
    changes = [each for each in _changes(random, wrote_at, is_earnest=is_earnest) if each[1] < end]
    return InventedLead(fields | _source(random), wrote_at, changes)


def _changes(random: Random, at: datetime, *, is_earnest: bool) -> Iterator[Change]:
    """The steps of a lead until it is won or lost."""
    for status in (LeadStatus.CONTACTED, LeadStatus.QUALIFIED, LeadStatus.PROPOSAL):
        at += timedelta(hours=random.randint(12, 190))
        if random.random() < (0.15 if is_earnest else 0.4):
            yield LeadStatus.CLOSED_LOST, at
            return
        yield status, at
    yield LeadStatus.CLOSED_WON, at + timedelta(hours=random.randint(48, 260))


def _name(random: Random) -> Item:
    return {"first_name": random.choice(FIRST_NAMES), "last_name": random.choice(LAST_NAMES)}


def _source(random: Random) -> Item:
    weights = [weight for weight, _ in SOURCES.values()]
    [name] = random.choices([*SOURCES], weights)
    return SOURCES[name][1]
