"""Changes of a form by people who do not know of each other."""

from contextlib import suppress
from itertools import count

import pytest

from succotash.application.forms.definitions import FormDefinitions
from succotash.application.forms.views import FormView
from succotash.application.preconditions import Precondition
from succotash.domain.repositories.storage import Storage
from succotash.errors import AlreadyExistsError, NotFoundError, PreconditionFailedError
from tests.builders import NOON, a_form, a_rule
from tests.contract.threads import at_once

PEOPLE, ROUNDS = 6, 5


def definitions(storage: Storage) -> FormDefinitions:
    numbers = count()
    return FormDefinitions(storage, lambda: NOON, lambda: f"rule-{next(numbers)}")


def only(state: FormView) -> Precondition:
    """That this state is stored."""

    def require(stored: object | None) -> None:
        if stored != state:
            raise PreconditionFailedError

    return require


def nothing(stored: object | None) -> None:
    """That nothing is stored."""
    if stored is not None:
        raise AlreadyExistsError


def refuse(_: object | None) -> None:
    """That cannot be."""
    raise PreconditionFailedError


def test_of_those_who_replace_the_same_state_of_a_form_at_once_one_does(
    shared_storage: Storage,
) -> None:
    forms = definitions(shared_storage)
    forms.put_form(a_form(), [])

    for round_ in range(ROUNDS):
        read = forms.get_form("contact")

        def replace(person: int, read: FormView = read, round_: int = round_) -> str | None:
            title = f"of {person} in round {round_}"
            try:
                forms.put_form(a_form(title=title), [], only(read))
            except PreconditionFailedError:
                return None
            return title

        saved = [title for title in at_once(replace, PEOPLE) if title is not None]
        assert saved == [forms.get_form("contact")["title"]]


def test_a_change_of_another_state_changes_nothing(storage: Storage) -> None:
    forms = definitions(storage)
    stored = forms.put_form(a_form(), [a_rule("one")])
    with pytest.raises(PreconditionFailedError):
        forms.put_form(a_form(title="Other"), [], refuse)
    assert forms.get_form("contact") == stored


def test_a_form_that_is_gone_or_never_was_is_no_state_to_replace(storage: Storage) -> None:
    with pytest.raises(PreconditionFailedError):
        definitions(storage).put_form(a_form(), [], refuse)
    with pytest.raises(NotFoundError):
        definitions(storage).get_form("contact")


def test_of_those_who_make_the_same_form_at_once_one_does(shared_storage: Storage) -> None:
    forms = definitions(shared_storage)

    for round_ in range(ROUNDS):

        def make(person: int, form_id: str = f"form-{round_}") -> str | None:
            title, rule = f"of {person}", a_rule(f"{form_id}-of-{person}", form_id=form_id)
            try:
                forms.put_form(a_form(form_id, title=title), [rule], nothing)
            except AlreadyExistsError:
                return None
            return title

        made = [title for title in at_once(make, PEOPLE) if title is not None]
        stored = forms.get_form(f"form-{round_}")
        assert made == [stored["title"]]
        assert len(stored["rules"]) == 1


def test_who_makes_a_form_replaces_none_that_somebody_else_saves_at_once(
    shared_storage: Storage,
) -> None:
    """Who asks for nothing saves last, or is the one whom the other is told of."""
    forms = definitions(shared_storage)

    for round_ in range(ROUNDS):

        def save(person: int, form_id: str = f"form-{round_}") -> None:
            if person:
                with suppress(AlreadyExistsError):
                    forms.put_form(a_form(form_id, title="new"), [], nothing)
            else:
                forms.put_form(a_form(form_id, title="whatever is there"), [])

        at_once(save, PEOPLE)
        assert forms.get_form(f"form-{round_}")["title"] == "whatever is there"


def test_a_form_that_is_there_is_not_made_again(storage: Storage) -> None:
    forms = definitions(storage)
    stored = forms.put_form(a_form(), [a_rule("one")], nothing)
    assert not storage.repositories.forms.add_form(a_form(title="Other"), [a_rule("two")])
    assert forms.get_form("contact") == stored
