"""Writes e-mails to people, as plain text and as HTML; answers can be nothing but text in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from succotash.domain.forms.forms import Form
from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.values import Json, counted, instant_text, is_printable

SUBJECT_LIMIT = 150
UNDOTTED_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
"""Domains where dots in an address mean nothing, and both names are the same mailbox."""


def mailbox_of(canonical_email: str) -> str:
    """The mailbox that an address most likely leads to: many addresses can lead to one.

    What stands behind a plus is left out, as are the dots of those who pass over them. It is for
    counting alone: persons are told apart by their canonical address.
    """
    name, _, domain = canonical_email.rpartition("@")
    name = name.partition("+")[0] or name
    if domain in UNDOTTED_DOMAINS:
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{domain}"


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail, but for who sends it."""

    to: tuple[str, ...]
    subject: str
    """One line."""
    text: str
    html: str
    """Empty for text alone."""
    reply_to: str | None = None
    unsubscribe_url: str | None = None
    """The address at which one POST unsubscribes (RFC 8058); of campaigns' mails alone."""
    message_id: str | None = None
    """The same for the same mail."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The tags by which the mail service's later reports are recognised."""
    unsubscribe_inbox: str | None = None
    """The inbox that takes mails that unsubscribe (RFC 2369)."""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that e-mails link to."""

    public_url: str
    """The address of the API, without a slash at its end."""
    lead_url: str = ""
    """A lead's page elsewhere, with {lead_id} in it; the API's own address where empty."""

    def of_confirmation(self, form_id: str, token: str) -> str:
        """The address at which a person confirms a submission."""
        return f"{self.public_url}/f/{quote(form_id, safe='')}/confirm?token={token}"

    def of_unsubscription(self, token: str) -> str:
        """The address at which a person unsubscribes from campaigns."""
        return f"{self.public_url}/u/{token}"

    def of_quarantine(self, form_id: str) -> str:
        """The address of a form's quarantine."""
        return f"{self.public_url}/forms/{quote(form_id, safe='')}/submissions?state=quarantined"

    def of_submission(self, submission: FormSubmission) -> str:
        """The address of the lead, or of a submission that has none."""
        if submission.lead_id is None:
            return f"{self.public_url}/submissions/{submission.submission_id}"
        pattern = self.lead_url or f"{self.public_url}/leads/{{lead_id}}"
        return pattern.replace("{lead_id}", submission.lead_id)


def owners_mail(form: Form, submission: FormSubmission, links: Links) -> Mail:
    """Tells a form's owners what somebody sent through it, and where the lead is."""
    labels = {each.name: each.label for each in form.fields}
    answers = [
        (labels.get(name) or name, _text_of(value))
        for name, value in submission.answers.items()
        if value not in (None, "")
    ]
    link = links.of_submission(submission)
    link_name = "Submission" if submission.lead_id is None else "Lead"
    facts = [
        ("Source", submission.source),
        ("Sent at", instant_text(submission.submitted_at)),
    ]
    return Mail(
        to=tuple(form.notify),
        subject=_line(f"New submission: {form.title}"),
        text="\n".join(
            (
                f"{link_name}: {link}",
                "",
                *(_paragraph(label, value) for label, value in answers),
                "",
                *(f"{label}: {value}" for label, value in facts),
                "",
            )
        ),
        html=_page(
            f'<p><a href="{escape(link)}">{link_name}</a></p>',
            _table(answers),
            _table(facts),
        ),
        reply_to=submission.canonical_email,
    )


def digest_mail(
    form: Form, digest: QuarantineDigest, listed: Sequence[FormSubmission], links: Links
) -> Mail:
    """Tells a form's owners what is in quarantine, by ids and reasons: no answer is in it."""
    many = counted(digest.count, "submission was", "submissions were")
    until = instant_text(digest.until)
    window = (
        f"before {until}"
        if digest.since is None
        else f"between {instant_text(digest.since)} and {until}"
    )
    summary = f"{many} put into quarantine {window}."
    all_of_them = links.of_quarantine(form.form_id)
    further = digest.count - len(listed)
    ending = f"{further} more are not listed, or no longer in quarantine." if further else ""
    rows = [
        (links.of_submission(each), instant_text(each.submitted_at), list(each.spam_reasons))
        for each in listed
    ]
    return Mail(
        to=tuple(form.notify),
        subject=_line(f"{digest.count} in quarantine: {form.title}"),
        text="\n".join(
            (
                summary,
                f"All that are there: {all_of_them}",
                "",
                *(
                    "\n".join((link, f"    sent at {sent_at}", *_indented(reasons)))
                    for link, sent_at, reasons in rows
                ),
                *(("", ending) if ending else ()),
                "",
            )
        ),
        html=_page(
            f'<p>{escape(summary)} <a href="{escape(all_of_them)}">All that are there</a></p>',
            *(
                f'<p><a href="{escape(link)}">{escape(link.rpartition("/")[2])}</a>'
                f" sent at {escape(sent_at)}<br>{'<br>'.join(map(escape, reasons))}</p>"
                for link, sent_at, reasons in rows
            ),
            f"<p>{escape(ending)}</p>" if ending else "",
        ),
    )


def receipt_mail(form: Form, address: str) -> Mail:
    """Tells who filled a form in that it arrived.

    Nothing of what was answered is in it: a person who types a stranger's address must not have us
    send that stranger a text of theirs.
    """
    sentences = (
        "We have received what you sent us. Thank you.",
        "If you have sent us nothing, somebody else gave us your address, and you can ignore this.",
    )
    return _to_person(form, address, sentences)


def confirmation_mail(form: Form, address: str, link: str, days: int) -> Mail:
    """Asks who filled a form in to follow a link; nothing of what was answered is in it."""
    sentences = (
        "Please confirm that it was you who sent us this form:",
        link,
        f"The link works for {counted(days, 'day')}.",
        "If you have sent us nothing, somebody else gave us your address, and you can ignore this.",
    )
    return _to_person(form, address, sentences, link)


def _to_person(form: Form, address: str, sentences: Sequence[str], link: str = "") -> Mail:
    paragraphs = (
        f'<p><a href="{escape(each)}">{escape(each)}</a></p>'
        if each == link
        else f"<p>{escape(each)}</p>"
        for each in sentences
    )
    return Mail(
        to=(address,),
        subject=_line(form.title),
        text="\n\n".join((*sentences, "")),
        html=_page(*paragraphs),
    )


def _indented(reasons: Sequence[str]) -> Iterator[str]:
    """A reason a line; it can name a field, which its sender may have named."""
    return (f"    {_line(each)}" for each in reasons)


def _text_of(value: Json) -> str:
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _line(text: str) -> str:
    """One line of printable characters, of a length that a header can have."""
    return " ".join("".join(each if is_printable(each) else " " for each in text).split())[
        :SUBJECT_LIMIT
    ]


def _paragraph(label: str, value: str) -> str:
    """An answer's further lines are set in, so that none looks like a line of ours."""
    first, *others = value.splitlines() or [""]
    return "\n".join((f"{_line(label)}: {first}", *(f"    {line}" for line in others)))


def _table(rows: Sequence[tuple[str, str]]) -> str:
    lines = (
        f'<tr><th align="left" valign="top">{escape(label)}</th>'
        f'<td style="white-space:pre-wrap">{escape(value)}</td></tr>'
        for label, value in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _page(*parts: str) -> str:
    return f'<!doctype html><html lang="en"><body>{"".join(parts)}</body></html>'
