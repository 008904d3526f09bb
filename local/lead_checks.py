"""Checks of the ports to leads as a whole and to who was erased, as in `local.adapter_checks`."""

# ruff: noqa: D102 - a check is named after the port's method, whose docstring says what it does

from dataclasses import replace

from local.adapter_checks import DAY, LONG_AGO, CheckFailedError, expect
from succotash.domain.forms.forms import Form
from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest, SubmissionFilter
from succotash.domain.intake.submissions import StoredResponse, SubmissionOutcome
from succotash.domain.leads.leads import Lead, LeadQuery
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import FormId, LeadId, MessageId, SubmissionId
from succotash.errors import ConflictError


class LeadChecks:
    """Checks of LeadRepository, on a lead and a form of their own."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        self._leads = repositories.leads
        self._forms = repositories.forms
        email = f"{mark}-scored@example.com"
        self._lead = Lead(
            LeadId(f"{mark}scored"), email, email, LONG_AGO, LONG_AGO, source=f"{mark}scored"
        )
        self._form = Form(FormId(f"{mark}exported"), "Export")
        self._submission = FormSubmission(
            SubmissionId(f"{mark}exported"),
            self._form.form_id,
            {"größe": "L", "email": email},
            LONG_AGO,
            f"{mark}exported",
            canonical_email=email,
            lead_id=self._lead.lead_id,
        )
        self._forms.save_form(self._form, [])
        self._forms.save_lead(self._lead)
        self._forms.save_form_submission(self._submission)
        self._rules = self._leads.get_scoring_rules()

    def get_scoring_rules(self) -> None:
        expect(that=self._rules.version >= 1 and len(self._rules.rules) > 0)

    def add_scoring_rules(self) -> None:
        following = replace(self._rules, version=self._rules.version + 1)
        self._leads.add_scoring_rules(following)
        expect(that=self._leads.get_scoring_rules() == following)
        try:
            self._leads.add_scoring_rules(following)
        except ConflictError:
            return
        raise CheckFailedError("it took a version twice")

    def lock_leads_to_score(self) -> None:
        before = LeadId(self._lead.lead_id[:-1])
        found = self._leads.lock_leads_to_score(0, LONG_AGO, limit=1, after=before)
        expect(that=found == [self._lead])

    def save_lead_scores(self) -> None:
        score = self._rules.score(self._lead, LONG_AGO)
        self._leads.save_lead_scores([score])
        expect(that=self._forms.get_lead_score(self._lead.lead_id) == score)

    def get_lead_history(self) -> None:
        found = self._leads.get_lead_history(self._lead.lead_id, limit=2)
        expect(that=found.submissions == (self._submission,))
        expect(that=[each.changed_at for each in found.status_changes] == [LONG_AGO])

    def get_daily_counts(self) -> None:
        [day] = self._leads.get_daily_counts(
            LONG_AGO, LONG_AGO + DAY, "Europe/Berlin", form_id=self._form.form_id
        )
        expect(that=(day.submissions, day.accepted, day.new_leads) == (1, 1, 1))

    def get_leads_by_id(self) -> None:
        query = LeadQuery(source=self._lead.source)
        [found] = self._leads.get_leads_by_id(query, limit=2)
        expect(that=found.lead == self._lead)
        expect(that=self._leads.get_leads_by_id(query, limit=2, after=self._lead.lead_id) == [])

    def get_submissions_by_time(self) -> None:
        wanted = SubmissionFilter(self._form.form_id, start=LONG_AGO)
        found = self._leads.get_submissions_by_time(wanted, limit=2)
        expect(that=found == [self._submission])

    def get_answer_names(self) -> None:
        found = self._leads.get_answer_names(self._form.form_id, limit=9)
        expect(that=found == ["email", "größe"])


class PeopleChecks:
    """Checks of PeopleRepository, on the submission that LeadChecks made."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        self._people = repositories.people
        self._tombstone = mark.encode().hex().rjust(64, "0")
        self._email = f"{mark}-scored@example.com"
        self._submission = SubmissionId(f"{mark}exported")
        self._message = OutboxMessage(
            MessageId(f"{mark}message"), "submission.accepted", LONG_AGO, self._submission
        )
        repositories.outbox.append([self._message])
        request = IdempotentRequest(f"{mark}erasure", "key", "digest")
        outcome = SubmissionOutcome(
            repositories.forms.get_form_submission(self._submission),
            remembered=StoredResponse(request, {"is": 1}, LONG_AGO + DAY),
        )
        repositories.forms.save_outcome(outcome)

    def bury(self) -> None:
        self._people.bury([self._tombstone], LONG_AGO)

    def find_erased(self) -> None:
        found = self._people.find_erased([self._tombstone, "0" * 64])
        expect(that=found == {self._tombstone: LONG_AGO})

    def get_answered_requests(self) -> None:
        [found] = self._people.get_answered_requests(self._email)
        expect(that=(found.key, found.answer) == ("key", {"is": 1}))

    def get_messages_about(self) -> None:
        expect(that=self._people.get_messages_about([self._submission]) == [self._message])
