"""Reads posts to the address of a link: from a button of the page, or from a mail program."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from succotash.domain.intake.unsubscriptions import ONE_CLICK, UnsubscribeFrom
from succotash.errors import InvalidInputError
from succotash.http.fields import LAX, Closed
from succotash.http.reading import FORM_TYPE, read_model, read_pairs, read_text
from succotash.http.requests import Call
from unsubscribe_pages import BUTTONS

MULTIPART_TYPE = "multipart/form-data"
ONE_CLICK_TEXT = "One-click unsubscription by the mail program (RFC 8058)"


class UnsubscribeBody(Closed):
    """A button's name, or `List-Unsubscribe=One-Click`, which unsubscribes from everything."""

    model_config = ConfigDict(extra="ignore")

    wanted: Annotated[UnsubscribeFrom | None, LAX, Field(alias="from")] = None
    one_click: Annotated[Literal["One-Click"] | None, Field(alias="List-Unsubscribe")] = None


UNSUBSCRIBE_TAKES: Mapping[str, object] = {
    FORM_TYPE: UnsubscribeBody,
    MULTIPART_TYPE: UnsubscribeBody,
}


def read_unsubscription(call: Call) -> tuple[UnsubscribeFrom, str]:
    """The purpose that was chosen, and the text that was shown; InvalidInputError if unclear."""
    content_type, body = call.read_media_type(), call.read_body()
    if content_type == MULTIPART_TYPE:
        from succotash.http.multipart_forms import read_multipart

        pairs = read_multipart(body, call.headers["content-type"])
    else:
        pairs = read_pairs(read_text(body), "the body")
    given = read_model(UnsubscribeBody, dict(pairs))
    if given.one_click == ONE_CLICK:
        return UnsubscribeFrom.ALL, ONE_CLICK_TEXT
    if given.wanted is None:
        raise InvalidInputError.of("from", "required", "Required")
    return given.wanted, BUTTONS[given.wanted]
