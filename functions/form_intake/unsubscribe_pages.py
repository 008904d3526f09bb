"""The page behind the link in a mail, by which its person gets no more of them."""

from html import escape
from http import HTTPStatus

from html_page import page
from succotash.domain.intake.unsubscriptions import UnsubscribeFrom
from succotash.http.requests import Reply

TITLE = "Unsubscribe"
BUTTONS = {
    UnsubscribeFrom.ALL: "Unsubscribe from all of our marketing e-mails",
    UnsubscribeFrom.CAMPAIGN: "Unsubscribe from this campaign only",
}
DONE = {
    UnsubscribeFrom.ALL: "You are unsubscribed. We will send you no more marketing e-mails.",
    UnsubscribeFrom.CAMPAIGN: "You are unsubscribed from this campaign.",
}
CAUTION = "An e-mail that is already on its way may still arrive."
# The link's token goes to no other site.
REFERRER = "no-referrer"


def unsubscribe_page() -> Reply:
    """Asks what the person wants no more of: programs that check e-mails follow links."""
    first, second = (
        f'name="from" value="{scope}">{escape(label)}</button>' for scope, label in BUTTONS.items()
    )
    return page(
        TITLE,
        [
            f"<h1>{TITLE}</h1>",
            "<p>You followed the link in an e-mail that we sent you. What would you like?</p>",
            '<form method="post">',
            f"<button {first}",
            f'<button class="second" {second}',
            "</form>",
        ],
        referrer=REFERRER,
    )


def unsubscribed_page(scope: UnsubscribeFrom) -> Reply:
    """The page shown once the unsubscription is stored, or waits."""
    return page(
        TITLE,
        [f"<h1>{TITLE}</h1>", f'<p role="status">{DONE[scope]}</p>', f"<p>{CAUTION}</p>"],
        referrer=REFERRER,
    )


def useless_unsubscribe_page(*, is_expired: bool) -> Reply:
    """The page for a link that unsubscribes nobody."""
    title = "This link does not work any more" if is_expired else "This link does not work"
    advice = "Nothing was changed. Please use the link in our latest e-mail, or reply to it."
    status = HTTPStatus.GONE if is_expired else HTTPStatus.NOT_FOUND
    return page(title, [f"<h1>{title}</h1>", f"<p>{advice}</p>"], status, referrer=REFERRER)


def unclear_unsubscribe_page() -> Reply:
    """The page for a post that comes from neither button."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    advice = "Nothing was changed. Please go back and choose one of the buttons."
    return page(TITLE, [f"<h1>{TITLE}</h1>", f"<p>{advice}</p>"], status, referrer=REFERRER)
