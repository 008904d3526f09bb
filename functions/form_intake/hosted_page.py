"""A plain page for a form: no JavaScript, no cookies, nothing loaded from elsewhere."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from http import HTTPStatus

from html_page import page
from succotash.application.forms.views import FieldView, FormView, RuleView
from succotash.domain.forms.attribution import CONSENT, TOKEN
from succotash.domain.forms.canonical_text import ANSWER_LIMIT
from succotash.domain.forms.forms import FieldKind, RuleKind
from succotash.domain.forms.validation import agrees
from succotash.domain.values import Json
from succotash.errors import Violation
from succotash.http.problems import Problem
from succotash.http.requests import Reply

INPUTS: Mapping[str, str] = {
    FieldKind.TEXT: "text",
    FieldKind.EMAIL: "email",
    FieldKind.PHONE: "tel",
    FieldKind.NUMBER: "number",
    FieldKind.CHECKBOX: "checkbox",
    FieldKind.HIDDEN: "hidden",
}
AUTOCOMPLETE: Mapping[str, str] = {
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "company": "organization",
    "phone": "tel",
}


def _question(name: str, label: str, kind: FieldKind, *, required: bool = False) -> FieldView:
    return {
        "name": name,
        "label": label,
        "kind": kind,
        "required": required,
        "choices": [],
        "purpose": "",
    }


CONTACT_QUESTIONS = (
    _question("first_name", "First name", FieldKind.TEXT),
    _question("last_name", "Last name", FieldKind.TEXT),
    _question("email", "E-mail", FieldKind.EMAIL, required=True),
    _question("company", "Company", FieldKind.TEXT),
    _question("phone", "Phone", FieldKind.PHONE),
    _question("message", "Message", FieldKind.TEXTAREA),
)
"""The questions of a form that takes any answers."""
CONSENT_LABEL = {CONSENT: "Your consent"}


def form_page(
    form: FormView,
    *,
    action: str,
    carried: Mapping[str, str] | None = None,
    answers: Mapping[str, Json] | None = None,
    violations: Sequence[Violation] = (),
    token: str | None = None,
) -> Reply:
    """The form to fill in, with what was typed and what is wrong with it where it came back.

    `action` is the address of its submissions as seen from the address of this page. `carried`
    goes with the answers without being asked, and so does the form token.
    """
    wrong = {each.field: each.message for each in violations}
    questions = form["fields"] or CONTACT_QUESTIONS
    asked = {each["name"] for each in questions}
    given = answers or {}
    lines = [
        f"<h1>{escape(form['title'])}</h1>",
        *_summary({each["name"]: each["label"] for each in questions} | CONSENT_LABEL, wrong),
        f'<form method="post" action="{escape(action)}">',
        *(
            line
            for each in questions
            for line in _field(
                each,
                given.get(each["name"]),
                wrong.get(each["name"]),
                [rule for rule in form["rules"] if rule["field"] == each["name"]],
            )
        ),
        *(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in (carried or {}).items()
            if name not in asked and name not in wrong
        ),
        *_consent(CONSENT, form["consent_text"], given.get(CONSENT), wrong.get(CONSENT)),
        *([] if token is None else [f'<input type="hidden" name="{TOKEN}" value="{token}">']),
        *_trap(form["spam"]["honeypot"]),
        '<button type="submit">Send</button>',
        "</form>",
    ]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if violations else HTTPStatus.OK
    return page(form["title"], lines, status, form["allowed_redirects"])


def _summary(labels: Mapping[str, str], wrong: Mapping[str, str]) -> Iterator[str]:
    """All errors, before the form: the browser takes who comes back to it, script or not."""
    if not wrong:
        return
    yield '<div class="summary" role="alert" tabindex="-1" autofocus>'
    yield "<p>Please correct the following:</p><ul>"
    for name, message in wrong.items():
        said = escape(f"{labels.get(name, name)}: {message}")
        is_seen = name in labels
        link = f'<a href="#field-{escape(name)}">{said}</a>' if is_seen else said
        yield f'<li class="error">{link}</li>'
    yield "</ul></div>"


LINK = re.compile(r"https://[^\s<>\"']*[^\s<>\"'.,;:!?)]")


def _consent(
    name: str, text: str, given: Json, problem: str | None, *, required: bool = True
) -> Iterator[str]:
    """The box to tick by which a person agrees, if the form asks for it; addresses are links."""
    if not text:
        return
    shown, end = "", 0
    for found in LINK.finditer(text):
        address = escape(found.group())
        link = f'<a href="{address}" target="_blank" rel="noopener">{address}</a>'
        shown, end = shown + escape(text[end : found.start()]) + link, found.end()
    shown += escape(text[end:])
    said = f' aria-invalid="true" aria-describedby="problem-{name}"' if problem else ""
    needed, mark = (" required", " (required)") if required else ("", "")
    yield (
        f'<div class="tick"><input type="checkbox" id="field-{name}" name="{name}" '
        f'value="yes"{needed}{" checked" if agrees(given) else ""}{said}>'
        f'<label for="field-{name}">{shown}{mark}</label></div>'
    )
    yield from _said(name, problem)


SHARED_PATTERN = re.compile(r"(?:[A-Za-z0-9 _@:,.+*?|(){}\[\]^$-]|\\[dw.+-])*")
"""The syntax of patterns that RE2 and browsers read alike, except for what follows."""
NOT_SHARED: tuple[str, ...] = ("(?", "[[", "[:", "[]", "[^]", "--")


def _bounds(kind: str, rules: Sequence[RuleView]) -> str:
    """Attributes by which a browser checks those rules that mean the same to it."""
    found = ""
    texts = (FieldKind.TEXT, FieldKind.EMAIL, FieldKind.PHONE)
    for rule in rules:
        least, most = rule["parameters"].get("min"), rule["parameters"].get("max")
        match rule["kind"]:
            case RuleKind.LENGTH if kind in (*texts, FieldKind.TEXTAREA):
                if isinstance(least, int | float) and least > 0:
                    found += f' minlength="{math.ceil(least)}"'
                if isinstance(most, int | float) and most >= 0:
                    found += f' maxlength="{math.floor(most)}"'
            case RuleKind.RANGE if kind == FieldKind.NUMBER:
                if isinstance(least, int | float):
                    found += f' min="{least}"'
                if isinstance(most, int | float):
                    found += f' max="{most}"'
            case RuleKind.REGEX if kind in texts:
                pattern = str(rule["parameters"]["pattern"])
                is_shared = SHARED_PATTERN.fullmatch(pattern)
                if is_shared and not any(each in pattern for each in NOT_SHARED):
                    found += f' pattern="{escape(pattern)}"'
                    found += f' title="{escape(rule["message"])}"' if rule["message"] else ""
            case _:
                pass
    return found


def _trap(name: str) -> Iterator[str]:
    """A field that people do not see and robots fill in, if the form has one."""
    if name:
        yield (
            f'<div class="honeypot" aria-hidden="true"><label for="{name}">Leave this empty</label>'
            f'<input id="{name}" name="{name}" tabindex="-1" autocomplete="off"></div>'
        )


def thank_you_page(form: FormView) -> Reply:
    """The page shown once a submission is stored, or waits; its form may be out of reach then."""
    title = form["title"] or "Your submission"
    sentence = (
        "Thank you. Please confirm it by the link in the e-mail that we are sending you."
        if form["double_opt_in"]
        else "Thank you. We have received it."
    )
    return page(title, [f"<h1>{escape(title)}</h1>", f'<p role="status">{sentence}</p>'])


def confirmation_page(form: FormView, token: str) -> Reply:
    """Asks a person to confirm by a button: programs that check e-mails follow links."""
    return page(
        form["title"],
        [
            f"<h1>{escape(form['title'])}</h1>",
            "<p>Was it you who sent us this form?</p>",
            '<form method="post" action="confirm">',
            f'<input type="hidden" name="token" value="{escape(token)}">',
            '<button type="submit">Yes, it was me</button>',
            "</form>",
        ],
    )


def confirmed_page(form: FormView) -> Reply:
    """The page shown once a submission is confirmed."""
    return page(
        form["title"],
        [
            f"<h1>{escape(form['title'])}</h1>",
            '<p role="status">Thank you. It is confirmed.</p>',
        ],
    )


def useless_link_page(*, is_expired: bool) -> Reply:
    """The page for a link that confirms nothing."""
    title = "This link does not work any more" if is_expired else "This link does not work"
    advice = "Please fill in the form again; you are then sent a new one."
    status = HTTPStatus.GONE if is_expired else HTTPStatus.NOT_FOUND
    return page(title, [f"<h1>{title}</h1>", f"<p>{advice}</p>"], status)


def missing_page() -> Reply:
    """The page for an address with no form behind it."""
    title = "Form not found"
    return page(title, [f"<h1>{title}</h1>"], HTTPStatus.NOT_FOUND)


def refused_page(problem: Problem) -> Reply:
    """The page for a post that is refused, with the status that a program gets."""
    title = problem.kind.title
    lines = [f"<h1>{escape(title)}</h1>"]
    if problem.errors:
        lines += [
            f'<p class="error">{escape(each["field"])}: {escape(each["message"])}</p>'
            for each in problem.errors
        ]
    elif problem.detail:
        lines.append(f"<p>{escape(problem.detail)}</p>")
    lines.append("<p>Nothing was stored. Please go back and try again.</p>")
    return page(title, lines, problem.kind.status)


def _field(
    asked: FieldView, value: Json, problem: str | None, rules: Sequence[RuleView]
) -> Iterator[str]:
    name, kind = escape(asked["name"]), asked["kind"]
    if kind == FieldKind.CONSENT:
        yield from _consent(name, asked["label"], value, problem, required=False)
        return
    attributes = f' id="field-{name}" name="{name}"'
    is_required = asked["required"] or any(each["kind"] == RuleKind.REQUIRED for each in rules)
    if is_required and kind != FieldKind.HIDDEN:
        attributes += " required"
    attributes += (bounds := _bounds(kind, rules))
    if problem:
        attributes += f' aria-invalid="true" aria-describedby="problem-{name}"'
    if (hint := AUTOCOMPLETE.get(asked["name"])) and kind != FieldKind.HIDDEN:
        attributes += f' autocomplete="{hint}"'
    mark = " (required)" if is_required else ""
    if kind == FieldKind.CHOICES:
        yield from _choices(asked, value, problem, mark)
        return
    if kind != FieldKind.HIDDEN:
        yield f'<label for="field-{name}">{escape(asked["label"])}{mark}</label>'
    text = "" if value is None or isinstance(value, list | dict) else str(value)
    match kind:
        case FieldKind.TEXTAREA:
            # The line break after the tag is not part of the text; one that was typed is kept.
            limit = "" if "maxlength" in bounds else f' maxlength="{ANSWER_LIMIT}"'
            yield f'<textarea rows="5"{limit}{attributes}>\n{escape(text)}</textarea>'
        case FieldKind.CHOICE:
            yield f'<select{attributes}><option value=""></option>'
            for choice in asked["choices"]:
                selected = " selected" if choice == value else ""
                yield f'<option value="{escape(choice)}"{selected}>{escape(choice)}</option>'
            yield "</select>"
        case FieldKind.CHECKBOX:
            yield f'<input type="checkbox" value="yes"{" checked" if text else ""}{attributes}>'
        case _:
            step = ' step="any"' if kind == FieldKind.NUMBER else ""
            yield f'<input type="{INPUTS[kind]}" value="{escape(text)}"{step}{attributes}>'
    yield from _said(name, problem)


def _choices(asked: FieldView, value: Json, problem: str | None, mark: str) -> Iterator[str]:
    """Boxes to tick any number of; that one is needed, no browser can tell by itself."""
    name, chosen = escape(asked["name"]), value if isinstance(value, list) else [value]
    said = f' aria-describedby="problem-{name}"' if problem else ""
    yield f"<fieldset{said}><legend>{escape(asked['label'])}{mark}</legend>"
    for number, choice in enumerate(asked["choices"]):
        place = f"field-{name}" if number == 0 else f"field-{name}.{number}"
        ticked = " checked" if choice in chosen else ""
        wrong = ' aria-invalid="true"' if problem else ""
        yield (
            f'<div class="tick"><input type="checkbox" id="{place}" name="{name}" '
            f'value="{escape(choice)}"{ticked}{wrong}>'
            f'<label for="{place}">{escape(choice)}</label></div>'
        )
    yield "</fieldset>"
    yield from _said(name, problem)


def _said(name: str, problem: str | None) -> Iterator[str]:
    if problem:
        yield f'<p class="error" id="problem-{name}">{escape(problem)}</p>'
