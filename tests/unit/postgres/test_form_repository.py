"""What is PostgreSQL's own about forms and leads; the contract suite checks the rest."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from succotash.application.intake.form_handler import FormHandler
from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.forms.submissions import IdempotentRequest
from succotash.domain.forms.validation import fingerprint
from succotash.domain.intake.submissions import merged_lead
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import Json, SubmissionId, uuid7
from succotash.errors import (
    IllegalTransitionError,
    NotFoundError,
    StorageUnavailableError,
    SubmissionInProgressError,
)
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.forms import PostgresFormRepository
from succotash.infrastructure.postgres.retry import Retry, RetryPolicy
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.builders import (
    NOON,
    a_form,
    a_lead,
    a_rule,
    a_score,
    a_submission,
    an_intake_query,
    an_outcome,
)


@pytest.fixture
def forms(settings: ConnectionSettings) -> Iterator[PostgresFormRepository]:
    """Made as the documentation shows."""
    repository = PostgresFormRepository(
        host=settings.host,
        port=settings.port,
        database=settings.database,
        user=settings.user,
        password=settings.password(),
    )
    yield repository
    repository.close()


@pytest.fixture
def name() -> str:
    """Something no other test uses."""
    return secrets.token_hex(6)


def test_a_repository_connects_when_it_is_first_used() -> None:
    repository = PostgresFormRepository(port=1)
    with pytest.raises(StorageUnavailableError):
        repository.get_all_forms()
    repository.close()


def test_a_lead_that_somebody_saved_meanwhile_is_read_anew(
    storage: PostgresStorage, name: str
) -> None:
    forms, email = storage.repositories.forms, f"{name}@example.com"
    seen = []

    def work(repositories: Repositories) -> None:
        intake_context = repositories.forms.load_intake_context(
            an_intake_query(name, emails=[email])
        )
        known = intake_context.leads.get(email)
        seen.append(known is not None)
        lead = a_lead(f"{name}-mine", email=email, company="Engines")
        if known is None:
            forms.save_lead(a_lead(f"{name}-quicker", email=email, first_name="Ada"))
        else:
            lead = merged_lead(known, lead)
        repositories.forms.save_outcome(an_outcome(name, lead=lead, is_new=known is None))

    storage.in_transaction(work)
    assert seen == [False, True]
    found = forms.get_lead_by_email(email)
    assert (found.lead_id, found.first_name, found.company, found.submission_count) == (
        f"{name}-quicker",
        "Ada",
        "Engines",
        2,
    )
    assert forms.get_form_submission(SubmissionId(name)).lead_id == f"{name}-quicker"


def test_a_twin_that_takes_too_long_is_a_conflict_only_where_a_key_says_it_is_one(
    storage: PostgresStorage, settings: ConnectionSettings, name: str
) -> None:
    retry = Retry(RetryPolicy(attempts=2, first_pause=0.01))
    impatient = PostgresStorage(replace(settings, lock_timeout=0.05), retry=retry)
    submit = FormHandler(impatient, lambda: NOON, uuid7).submit_form
    fields: dict[str, Json] = {"email": f"{name}@example.com"}
    request = IdempotentRequest("form:default", name, fingerprint("default", fields))
    intake_query = an_intake_query(fingerprint("default", fields), request=request)
    with storage.transaction() as repositories:
        repositories.forms.load_intake_context(intake_query)
        with pytest.raises(SubmissionInProgressError):
            submit(fields, key=name)
        with pytest.raises(StorageUnavailableError):
            submit(fields)
    assert not submit(fields, key=name)["is_duplicate"]
    impatient.close()


def test_an_unknown_reference_leaves_the_transaction_usable(
    storage: PostgresStorage, name: str
) -> None:
    with storage.transaction() as repositories:
        forms = repositories.forms
        for impossible in (
            a_submission(name, form_id="unknown"),
            a_submission(name, lead_id="unknown"),
            a_submission(name, duplicate_of="unknown"),
        ):
            with pytest.raises(NotFoundError):
                forms.save_form_submission(impossible)
        with pytest.raises(NotFoundError):
            forms.save_lead_score(a_score("unknown"))
        with pytest.raises(NotFoundError):
            forms.save_validation_rule(a_rule(form_id="unknown"))
        forms.save_form_submission(a_submission(name))
    found = storage.repositories.forms.get_submissions_by_form(DEFAULT_FORM)
    assert a_submission(name) in found


@pytest.mark.parametrize(
    ("sent", "asked"),
    [("2001:db8:0::9", "2001:DB8::9"), ("192.0.2.9", "192.0.2.9"), ("::ffff:192.0.2.9",) * 2],
)
def test_an_address_is_found_in_every_notation(
    forms: PostgresFormRepository, name: str, sent: str, asked: str
) -> None:
    forms.save_form_submission(a_submission(name, ip_address=sent))
    found = forms.get_submissions_by_ip(asked, NOON)
    assert name in [each.submission_id for each in found]


def test_two_moves_of_one_lead_are_judged_one_after_the_other(
    storage: PostgresStorage, name: str
) -> None:
    lead = storage.repositories.forms.save_lead(a_lead(name))
    with ThreadPoolExecutor(1) as elsewhere:
        with storage.transaction() as repositories:
            repositories.forms.update_lead_status(lead.lead_id, LeadStatus.CLOSED_WON, NOON)
            waiting = elsewhere.submit(
                storage.repositories.forms.update_lead_status,
                lead.lead_id,
                LeadStatus.CONTACTED,
                NOON,
            )
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        with pytest.raises(IllegalTransitionError):
            waiting.result(timeout=10)


def test_a_rule_left_out_is_gone_and_a_rule_kept_is_changed(
    forms: PostgresFormRepository, name: str
) -> None:
    form = a_form(name)
    kept, left_out = (a_rule(f"{name}-{each}", form_id=name) for each in ("kept", "left out"))
    forms.save_form(form, [kept, left_out])
    changed = replace(kept, message="Please say who you are")
    forms.save_form(form, [changed])
    assert forms.get_validation_rules(form.form_id) == [changed]
