"""Cursors come back from outside: whatever the text, every list answers or refuses it."""

import json
from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from succotash.application.intake.form_handler import FormHandler
from succotash.application.paging import encode_cursor
from succotash.application.retention.retention_handler import RetentionHandler
from succotash.application.value.ltv_handler import LTVHandler
from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.leads.leads import LeadQuery
from succotash.domain.values import system_clock, uuid7
from succotash.errors import InvalidInputError
from tests.builders import USD, a_lead, a_prediction, a_score, a_submission, a_value
from tests.contract.conftest import NewStorage
from tests.strategies import MODEST

DAY = "2020-01-01T00:00:00+00:00"
anything = st.text(st.characters(codec=None))
keys = (
    anything
    | st.datetimes(timezones=st.timezones()).map(lambda each: each.isoformat())
    | st.decimals().map(str)
    | st.floats().map(repr)
    | st.sampled_from(["1E-999999", "0E+999999", "-0", "1e99", "1e-400", "NaN", "sNaN"])
    | st.sampled_from(
        ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", DAY + ":00.000001"]
    )
)
cursors = (
    anything
    | st.builds(encode_cursor, keys, keys)
    | st.recursive(
        st.none() | st.integers() | st.floats() | anything,
        lambda inner: st.lists(inner, max_size=3),
    ).map(lambda each: encode_cursor(*each) if isinstance(each, list) else json.dumps(each))
)


def refused_field(page: Callable[[], object]) -> str | None:
    """The field whose value the list refuses; None where it answers."""
    try:
        page()
    except InvalidInputError as error:
        [violation] = error.violations
        return violation.field
    return None


class TestForgedCursors:
    @MODEST
    @given(cursor=cursors)
    @example(cursor=encode_cursor(DAY, "\0"))
    @example(cursor=encode_cursor(DAY, "\ud800"))
    @example(cursor=encode_cursor(DAY, "x" * 201))
    @example(cursor=encode_cursor("0001-01-01T00:00:00+14:00", "a"))
    @example(cursor=encode_cursor("9999-12-31T23:59:59-14:00", "a"))
    @example(cursor=encode_cursor("1E-999999", "a"))
    @example(cursor=encode_cursor("1e99", "a"))
    @example(cursor=encode_cursor("1e18", "a"))
    @example(cursor=encode_cursor("922337203685477.5808", "a"))
    @example(cursor=encode_cursor("0.00001", "a"))
    @example(cursor=encode_cursor("0.5", "\0"))
    @example(cursor=encode_cursor("1", "\0"))
    def test_any_text_is_answered_or_refused_as_a_cursor(
        self, new_storage: NewStorage, cursor: str
    ) -> None:
        storage = new_storage()
        storage.repositories.forms.save_lead(a_lead())
        storage.repositories.forms.save_lead_score(a_score())
        storage.repositories.forms.save_form_submission(a_submission())
        storage.repositories.ltv.save_customer_ltv(a_value("c"))
        storage.repositories.retention.save_churn_prediction(a_prediction("c"))
        forms = FormHandler(storage, system_clock, uuid7)
        values = LTVHandler(storage, system_clock, USD)
        retention = RetentionHandler(storage, system_clock, uuid7, USD)
        for page in (
            lambda: forms.get_leads(LeadQuery(), cursor=cursor),
            lambda: forms.get_submissions(DEFAULT_FORM, cursor=cursor),
            lambda: values.get_customers(cursor=cursor),
            lambda: retention.get_churn_risks(cursor=cursor),
        ):
            assert refused_field(page) in (None, "cursor")
