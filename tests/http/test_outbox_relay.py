"""The scheduled function that relays the outbox and tidies up."""

from typing import override

from aws_lambda_powertools.utilities.typing import LambdaContext

from outbox_relay import relaying
from succotash.container import Container
from succotash.domain.forms import DEFAULT_FORM, QUARANTINE_KEPT, SubmissionState
from tests.builders import NOON, a_submission
from tests.events import sample


class Context(LambdaContext):
    """A context with a minute left."""

    @staticmethod
    @override
    def get_remaining_time_in_millis() -> int:
        return 60_000


def test_each_run_removes_what_forms_keep_no_longer() -> None:
    container = Container({"SUCCOTASH_STORAGE": "memory"}, clock=lambda: NOON + QUARANTINE_KEPT)
    forms = container.get_form_repository()
    for name, state in (
        ("accepted", SubmissionState.ACCEPTED),
        ("suspect", SubmissionState.QUARANTINED),
    ):
        forms.save_form_submission(a_submission(name, state=state))

    relay, event = relaying(container), sample("outbox_relay.scheduled")
    answers = [relay(event, Context())["submissions_removed"] for _ in range(2)]

    assert answers == [1, 0]
    [kept] = forms.get_submissions_by_form(DEFAULT_FORM)
    assert kept.submission_id == "accepted"
