"""Brings the demo's invented leads in: they wrote in the past, by the functions' own use cases."""

from datetime import date
from decimal import Decimal

from local.demo import CONTACT, CURRENCY, SCORED_AT, Call
from local.demo_leads import COSTS, InventedLead, invented_leads
from local.past_container import PastClock, past_container
from succotash.container import Container
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.people.erasures import ErasedError
from succotash.domain.values import Currency, FormId, Money
from succotash.errors import NotFoundError


def record_past_leads(present: Container) -> int:
    """Let those write who have not, and enter what their sources cost; how many they were."""
    leads = list(invented_leads(present.now()))
    if _has_written(present, leads[-1]):
        return 0
    left = [each for each in leads if not _has_written(present, each)]
    clock = PastClock(SCORED_AT)
    with past_container(present, clock) as past:
        handler = past.get_form_handler()
        for each in left:
            clock.now = each.wrote_at
            try:
                receipt = handler.submit_form(each.fields, CONTACT)
            except ErasedError:
                continue
            for status, at in each.changes:
                clock.now = at
                handler.update_lead_status(str(receipt["lead_id"]), status)
        clock.now = SCORED_AT
        past.get_outbox_relay().run()  # what was told by then; of the rest, people hear now
    _enter_costs(present)
    return len(left)


def forget_costs(call: Call) -> int:
    """Take the costs out of months in which nobody entered others; how many they were."""
    removed = 0
    for month in call("GET", "/acquisition-costs").body["months"]:
        costs = COSTS.get(month["month"], {})
        if {source: Decimal(cost) for source, cost in month["costs"].items()} == {
            source: Decimal(cost) for source, cost in costs.items()
        }:
            call("PUT", f"/acquisition-costs/{month['month']}", {"costs": {}})
            removed += len(costs)
    return removed


def _has_written(present: Container, lead: InventedLead) -> bool:
    forms = present.get_form_repository()
    try:
        forms.get_lead_by_email(lead.email)
    except NotFoundError:
        held = forms.get_submissions_by_form(FormId(CONTACT), state=SubmissionState.QUARANTINED)
        return any(each.answers.get("email") == lead.email for each in held)
    return True


def _enter_costs(present: Container) -> None:
    """Enter the costs of months that have none."""
    ltv = present.get_ltv_handler()
    for name, costs in COSTS.items():
        month = date.fromisoformat(f"{name}-01")
        if not ltv.get_acquisition_costs(start=month, end=month):
            money = {
                source: Money(Decimal(cost), Currency(CURRENCY)) for source, cost in costs.items()
            }
            ltv.put_acquisition_costs(month, money)
