"""Entities for tests: each builder takes what matters and makes up the rest."""

from tests.builders.forms import (
    a_form,
    a_lead,
    a_message,
    a_request,
    a_rule,
    a_score,
    a_submission,
    an_intake_query,
    an_outcome,
)
from tests.builders.people import a_consent
from tests.builders.retention import (
    a_campaign,
    a_prediction,
    a_profile,
    a_receipt,
    a_run,
    a_tally,
    a_week,
    an_event,
    prediction_columns,
    profile_columns,
)
from tests.builders.value import a_cohort, a_value, an_order, order_columns, value_columns
from tests.builders.values import NOON, PSEUDONYMS, USD, at, days, minutes, name_customer, usd

__all__ = [
    "NOON",
    "PSEUDONYMS",
    "USD",
    "a_campaign",
    "a_cohort",
    "a_consent",
    "a_form",
    "a_lead",
    "a_message",
    "a_prediction",
    "a_profile",
    "a_receipt",
    "a_request",
    "a_rule",
    "a_run",
    "a_score",
    "a_submission",
    "a_tally",
    "a_value",
    "a_week",
    "an_event",
    "an_intake_query",
    "an_order",
    "an_outcome",
    "at",
    "days",
    "minutes",
    "name_customer",
    "order_columns",
    "prediction_columns",
    "profile_columns",
    "usd",
    "value_columns",
]
