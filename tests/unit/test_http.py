"""The parts of the edge by themselves."""

import inspect
import json
from contextlib import suppress
from decimal import Decimal
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

import succotash.errors
from succotash.errors import (
    InvalidInputError,
    MalformedRequestError,
    MissingScopeError,
    NotFoundError,
    StorageError,
    StorageUnavailableError,
    SuccotashError,
    Violation,
)
from succotash.http.fields import json_of
from succotash.http.problems import KINDS, UNEXPECTED, kind_of, problem_of
from succotash.http.reading import (
    check_plain,
    parse_batch,
    parse_json,
    read_json,
    read_pairs,
    read_query,
)

ERRORS = [
    each
    for _, each in inspect.getmembers(succotash.errors, inspect.isclass)
    if issubclass(each, SuccotashError)
]
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
documents = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda each: each.__name__)
def test_every_error_of_ours_has_its_place_in_the_table(error: type[SuccotashError]) -> None:
    assert error in KINDS


def test_the_table_holds_errors_of_ours_only() -> None:
    assert set(KINDS) == set(ERRORS)


def test_no_two_kinds_of_problem_share_a_type() -> None:
    names = [kind.name for kind in {*KINDS.values(), UNEXPECTED}]

    assert len(set(names)) == len(names)


def test_an_adapters_own_error_speaks_as_the_nearest_one() -> None:
    class DiskFullError(StorageUnavailableError):
        pass

    assert kind_of(DiskFullError) is KINDS[StorageUnavailableError]


def test_a_problem_names_every_violation() -> None:
    error = InvalidInputError([Violation("a", "x", "is x"), Violation("b", "y", "is y")])

    body = problem_of(error).body("request-1")

    assert body["status"] == 422
    assert body["errors"] == [
        {"field": "a", "code": "x", "message": "is x"},
        {"field": "b", "code": "y", "message": "is y"},
    ]


def test_a_problem_of_the_storage_gives_no_detail() -> None:
    assert "detail" not in problem_of(StorageError("relation leads")).body("1")
    problem = problem_of(StorageUnavailableError("10.0.0.5 refused", retry_after_seconds=7))
    assert "10.0.0.5" not in str(problem.body("1"))
    assert problem.headers == {"Retry-After": "7"}


def test_a_missing_scope_is_named_to_programs_too() -> None:
    problem = problem_of(MissingScopeError("leads:read"))

    assert problem.kind.status is HTTPStatus.FORBIDDEN
    assert 'scope="leads:read"' in problem.headers["WWW-Authenticate"]


def test_what_is_not_found_is_said() -> None:
    assert problem_of(NotFoundError("lead")).detail == "Lead not found."


@given(documents)
def test_json_that_is_plain_is_read_as_it_is(document: object) -> None:
    with suppress(MalformedRequestError):  # nested too deep, or a number of many digits
        assert json_of(read_json(json.dumps(document))) == document


@given(st.text() | st.text('[]{}:,"\\0123456789.eE+-ntrufalsNI \u0000\ud800'))
def test_no_text_does_worse_than_being_malformed(text: str) -> None:
    with suppress(MalformedRequestError):
        parse_json(text)
    with suppress(MalformedRequestError):
        read_json(text)
    with suppress(MalformedRequestError):
        check_plain(parse_batch(text))
    with suppress(MalformedRequestError):
        read_pairs(text, "the body")
    with suppress(MalformedRequestError, InvalidInputError):
        read_query(text)


@given(documents)
def test_a_batch_that_is_plain_is_read_as_any_json(document: object) -> None:
    with suppress(MalformedRequestError):
        assert read_json(json.dumps(document)) == parse_batch(json.dumps(document))


@pytest.mark.parametrize("digits", ["1.10", "0.1", "12345678901234567.89", "1e2", "-0.0"])
def test_a_number_with_a_fraction_stays_exact(digits: str) -> None:
    assert str(parse_json(digits)).lower().replace("+", "") == digits


def test_negative_integers_keep_their_sign() -> None:
    assert parse_json("[-5, -0, 5]") == [-5, 0, 5]


@pytest.mark.parametrize("digits", [str(2**63 - 1), str(-(2**63)), "1.7976931348623157e308"])
def test_the_largest_numbers_are_read(digits: str) -> None:
    assert parse_json(digits) == Decimal(digits)


@pytest.mark.parametrize(
    "digits",
    [
        str(2**63),
        str(-(2**63) - 1),
        "9.9e308",
        "-1.8e308",
        "1e309",
        "1e-400",
        "1e9999999999999999999",
        "-0.1E-9999999999999999999",
        "0e9999999999999999999",
    ],
)
def test_a_number_that_could_not_be_kept_is_refused(digits: str) -> None:
    with pytest.raises(MalformedRequestError):
        parse_json(digits)
