"""The body by which a team records a person's consent."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from succotash.application.consents.consent_records import Statement
from succotash.domain.consents.consents import PURPOSE, ConsentState
from succotash.http.fields import LAX, Closed, Instant, Prose


class ConsentBody(Closed):
    """A yes or a no to one purpose."""

    purpose: Annotated[str, Field(pattern=f"^{PURPOSE.pattern}$")]
    state: Annotated[ConsentState, LAX]
    text: Annotated[Prose, Field(min_length=1)] | None = None
    """The text that the person was shown or told; a yes needs it."""
    occurred_at: Instant | None = None
    """When the person said so; now where it is not given."""


def _once(consents: tuple[ConsentBody, ...]) -> tuple[ConsentBody, ...]:
    if len({each.purpose for each in consents}) != len(consents):
        raise PydanticCustomError("repeated", "Purposes must be unique")
    for each in consents:
        if each.state is ConsentState.GRANTED and each.text is None:
            raise PydanticCustomError("text", "Required where the state is granted")
    return consents


class ConsentsBody(Closed):
    """Consents to record; purposes that are not named stay as they are."""

    consents: Annotated[
        tuple[ConsentBody, ...],
        LAX,
        Field(min_length=1, max_length=20),
        AfterValidator(_once),
    ]

    def statements(self) -> list[Statement]:
        """The statements of a body, by purpose."""
        return [
            Statement(each.purpose, each.state, each.text, each.occurred_at)
            for each in self.consents
        ]
