"""The scheduled function that relays the outbox and tidies up."""

from pathlib import Path

import pytest

from local.background_workers import settings_of
from outbox_relay import relaying
from succotash.container import Container
from succotash.domain.forms.forms import DEFAULT_FORM, QUARANTINE_KEPT, Form
from succotash.domain.forms.submissions import SubmissionState
from tests.builders import NOON, a_submission, at
from tests.contexts import Context
from tests.events import sample


def test_each_run_removes_what_forms_keep_no_longer() -> None:
    container = Container({"SUCCOTASH_STORAGE": "memory"}, clock=lambda: NOON + QUARANTINE_KEPT)
    forms = container.get_form_repository()
    for name, state in (
        ("accepted", SubmissionState.ACCEPTED),
        ("suspect", SubmissionState.QUARANTINED),
    ):
        forms.save_form_submission(a_submission(name, state=state))

    relay, event = relaying(container), sample("outbox_relay.scheduled")
    answers = [relay(event, Context(60_000))["submissions_removed"] for _ in range(2)]

    assert answers == [1, 0]
    [kept] = forms.get_submissions_by_form(DEFAULT_FORM)
    assert kept.submission_id == "accepted"


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_the_first_run_of_a_day_sends_owners_a_digest_of_the_quarantine(
    storage: str, tmp_path: Path
) -> None:
    now = NOON
    container = Container(
        {
            "SUCCOTASH_STORAGE": storage,
            "SQLITE_PATH": str(tmp_path / "kept.db"),
            "TIME_ZONE": "Europe/Berlin",
            **settings_of(tmp_path, "http://127.0.0.1:3000", queues=False),
        },
        clock=lambda: now,
    )
    form = Form(DEFAULT_FORM, "Default", notify=("owner@example.com",))
    container.get_form_repository().save_form(form, [])
    suspect = {"email": "ada@example.com", "_gotcha": "a robot"}
    receipt = container.get_form_handler().submit_form(suspect)
    relay, event = relaying(container), sample("outbox_relay.scheduled")

    counts = []
    for moment in ("2024-05-06T22:04:59", "2024-05-06T22:05:00", "2024-05-06T22:06:00"):
        now = at(moment)
        counts.append(relay(event, Context(60_000))["digests"])

    assert counts == [0, 1, 0]
    [mail] = (tmp_path / "mail").glob("*.eml")
    text = mail.read_text("utf-8")
    assert "Subject: 1 in quarantine: Default" in text
    assert receipt["submission_id"] in text.replace("=\n", "")
    assert "ada@" not in text
    container.storage.close()
