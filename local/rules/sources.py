"""Rules about where leads and customers come from, and how leads are scored."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from local import demo
from local.rules.demo_run import EVERYBODY, USD, DemoRun
from local.rules.rule import Rule, Verdict
from succotash.container import Container
from succotash.domain.leads.scoring import FULL
from succotash.domain.retention.retention import UNKNOWN_SOURCE
from succotash.domain.value.ledgers import Order
from succotash.domain.values import CustomerId, Json, Money, OrderId

TOPIC = "sources"
FIRST_ORDER = datetime(2025, 6, 10, 12, tzinfo=UTC)
SENT: dict[str, list[tuple[int, str]]] = {
    "last before counts": [(-20, "fair"), (-3, "newsletter"), (30, "autumn")],
    "later counts nothing": [(30, "autumn")],
    "from before": [(-400, "fair")],
}
"""Days from the first order on which a person sent a form, and from which source."""
CREDITED = {"newsletter": 1, "unknown": 1, "fair": 1}


def _lead_sources(run: DemoRun) -> Verdict:
    leads = run.container.storage.repositories.forms
    cases: list[tuple[object, bool]] = []
    for _, fields in demo.SUBMISSIONS:
        referrer = str(fields.get("referrer", "")).removeprefix("https://").partition("/")[0]
        source = str(fields.get("utm_source") or referrer or "direct").lower()
        found = leads.get_lead_by_email(str(fields["email"])).source
        cases.append((fields["email"], found == source))
    return Verdict.over(cases, "leads")


def _credited(run: DemoRun) -> Verdict:
    """On the demo every form is from after the orders; so three people are invented in addition."""
    by_source = run.container.storage.repositories.ltv.get_ltv_analytics().by_source
    is_unknown = {name: each.customers for name, each in by_source.items()} == {
        UNKNOWN_SOURCE: len(run.values)
    }
    found = _invented().storage.repositories.ltv.get_ltv_analytics().by_source
    counts = {name: each.customers for name, each in found.items()}
    return Verdict(
        is_unknown and counts == CREDITED,
        f"{len(run.values):,} customers whose forms came later or never, and {len(SENT)} invented",
    )


def _invented() -> Container:
    now = FIRST_ORDER
    container = Container({"SUCCOTASH_STORAGE": "memory", "CURRENCY": USD}, clock=lambda: now)
    forms = container.get_form_handler()
    moments = sorted(
        (FIRST_ORDER + timedelta(days=days), who, source)
        for who, sent in SENT.items()
        for days, source in sent
    )
    for now, who, source in moments:
        fields: dict[str, Json] = {"email": _email(who), "first_name": "Ada", "utm_source": source}
        fields["message"] = f"{now}"
        forms.submit_form(fields)
    container.get_ltv_handler().record_orders(
        [
            Order(
                CustomerId(f"customer-{place}"),
                OrderId("1"),
                FIRST_ORDER,
                Money(Decimal(10), USD),
                canonical_email=_email(who),
            )
            for place, who in enumerate(SENT)
        ]
    )
    container.get_churn_scoring().run(FIRST_ORDER + timedelta(days=20))
    return container


def _email(who: str) -> str:
    return f"{who.replace(' ', '.')}@example.com"


def _buyers(run: DemoRun) -> Verdict:
    found = run.container.get_form_handler().get_form_analytics()
    buyers = {str(item["email"]) for item in demo.named_orders() if "email" in item}
    emails = {str(fields["email"]) for _, fields in demo.SUBMISSIONS}
    expected = len(emails & buyers) / len(emails)
    shown = found["conversion_rates"]["lead_to_customer"]
    return Verdict(shown == expected, f"{len(emails & buyers)} of {len(emails)} leads bought")


def _lead_scores(run: DemoRun) -> Verdict:
    forms = run.container.storage.repositories.forms
    hot = run.container.storage.repositories.leads.get_scoring_rules().hot_total
    cases: list[tuple[object, bool]] = []
    for _, fields in demo.SUBMISSIONS:
        lead = forms.get_lead_by_email(str(fields["email"]))
        score = forms.get_lead_score(lead.lead_id)
        points = sum(each.points for each in score.points)
        cases.append(
            (lead.email, score.total == points <= FULL and score.is_hot == (points >= hot))
        )
    return Verdict.over(cases, "leads")


def _unambiguous(run: DemoRun) -> Verdict:
    """The rows of the current run name every customer once."""
    listed = run.container.storage.repositories.ltv.find_customers(limit=EVERYBODY)
    counts = Counter(each.customer_id for each in listed)
    return Verdict.over(
        ((customer_id, count == 1) for customer_id, count in counts.items()), "customers"
    )


RULES: tuple[Rule[DemoRun], ...] = (
    Rule(
        TOPIC,
        "A lead's source is `utm_source`, else the platform of the click id, else the referrer's "
        "host, else direct",
        "`domain/forms/attribution.py`",
        _lead_sources,
    ),
    Rule(
        TOPIC,
        "A customer's source is that of the last accepted submission before their first order",
        "`domain/leads/origins.py`",
        _credited,
    ),
    Rule(
        TOPIC,
        "`lead_to_customer` is the share of new leads who have bought",
        "`application/forms/analytics.py`",
        _buyers,
    ),
    Rule(
        "scores",
        "A lead's score is the sum of its points, at most 100; from the table's total on it is hot",
        "`domain/leads/scoring.py`",
        _lead_scores,
    ),
    Rule(
        "value",
        "A customer has one value in a run",
        "`domain/repositories/values.py`",
        _unambiguous,
    ),
)
