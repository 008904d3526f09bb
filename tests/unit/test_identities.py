"""Who a customer is: what names stand for, and whom facts are about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.people.identities import (
    NO_PSEUDONYMS,
    Account,
    CustomerName,
    Join,
    KnownCustomers,
    Pseudonyms,
    is_personal,
    is_pseudonym,
    joins_of,
    resolve,
    straightened,
)
from succotash.domain.values import CustomerId
from succotash.errors import InvalidInputError
from tests.builders import NOON, days

ADA, BOB = "ada@example.com", "bob@example.com"
PSEUDONYMS = Pseudonyms(lambda: ("the present key", "an older key"))
FORMER = Pseudonyms(lambda: ("an older key",))


def named(customer_id: str, email: str | None = None) -> CustomerName:
    return CustomerName(CustomerId(customer_id), email)


def known(*accounts: Account, **aliases: str) -> KnownCustomers:
    by_id: dict[str, Account] = {each.customer_id: each for each in accounts}
    owners: dict[str, list[Account]] = {}
    for each in accounts:
        if each.canonical_email is not None:
            owners.setdefault(each.canonical_email, []).append(each)
    return KnownCustomers(by_id | {name: by_id[of] for name, of in aliases.items()}, owners)


def account(customer_id: str, email: str | None = None, age: float = 1) -> Account:
    return Account(CustomerId(customer_id), NOON - days(age), email)


NOBODY = known()


class TestPseudonyms:
    @pytest.mark.parametrize("customer_id", ["1001", "C-17", "person_x", "49 30 901820", "", "a+b"])
    def test_an_id_that_is_not_personal_stays(self, customer_id: str) -> None:
        assert PSEUDONYMS.name(customer_id) == CustomerName(CustomerId(customer_id))

    def test_an_email_as_id_is_replaced_and_is_the_customers_email(self) -> None:
        name = PSEUDONYMS.name("Ada@Example.com")
        assert is_pseudonym(name.customer_id)
        assert name == PSEUDONYMS.name(" ada@example.com ")
        assert name.canonical_email == ADA
        assert name.customer_id == PSEUDONYMS.of_email(ADA)[0]
        assert name.former_ids == FORMER.of_email(ADA)

    def test_an_email_beside_it_is_the_customers(self) -> None:
        name = PSEUDONYMS.name(ADA, BOB)
        assert name.customer_id == PSEUDONYMS.name(ADA).customer_id
        assert name.canonical_email == BOB

    @pytest.mark.parametrize("number", ["+49 30 901820", "+4930901820", "+49 (0)30 901820"])
    def test_a_phone_number_is_replaced_however_it_is_written(self, number: str) -> None:
        name = PSEUDONYMS.name(number)
        assert is_pseudonym(name.customer_id)
        assert name == PSEUDONYMS.name("+49 30 901820")
        assert name.canonical_email is None
        assert name.former_ids == (FORMER.name(number).customer_id,)

    @pytest.mark.parametrize(
        "written",
        [
            "ada\uff20example.com",
            "ada\ufe6bexample.com",
            "ada%40example.com",
            "ada\uff0540example.com",
            "mailto:ada@example.com",
            "MAILTO: Ada@Example.com",
            "Ada <ada@example.com>",
            "<ada@example.com>",
            "ada@example.com.",
            "\u200bada\u200b@example.com",
        ],
    )
    def test_an_email_is_known_however_it_is_written(self, written: str) -> None:
        assert PSEUDONYMS.name(written) == PSEUDONYMS.name(ADA)
        assert is_personal(written)

    @pytest.mark.parametrize(
        "written",
        [
            " +49 30 901820",
            "\uff0b49 30 901820",
            "+\uff14\uff1930 901820",
            "%2B49%2030%20901820",
            "tel:+49-30-901820",
            "\u202a+4930901820\u202c",
        ],
    )
    def test_a_phone_number_is_known_in_odd_spellings(self, written: str) -> None:
        assert PSEUDONYMS.name(written) == PSEUDONYMS.name("+4930901820")
        assert is_personal(written)

    def test_extensions_of_one_number_are_different_customers(self) -> None:
        ids = ["+4930901820", "+4930901820 ext. 5", "+4930901820;ext=6", "+49 30 901820-A"]
        made = {PSEUDONYMS.name(each).customer_id for each in ids}
        assert len(made) == 4
        assert all(map(is_pseudonym, made))

    @pytest.mark.parametrize("customer_id", ["100%", "a%2Fb", " C-17 ", "C\u200b17", "mailto:C-17"])
    def test_spelling_matters_where_nothing_is_personal(self, customer_id: str) -> None:
        assert PSEUDONYMS.name(customer_id).customer_id == customer_id

    @pytest.mark.parametrize("customer_id", ["+1", "+C-17", "+"])
    def test_what_only_begins_as_a_phone_number_stays(self, customer_id: str) -> None:
        assert PSEUDONYMS.name(customer_id).customer_id == customer_id

    @pytest.mark.parametrize("customer_id", ["shop:ada@example.com", "ada@", "a@b", "Ada <a@b>"])
    def test_whatever_holds_an_at_sign_is_replaced(self, customer_id: str) -> None:
        name = PSEUDONYMS.name(customer_id)
        assert is_pseudonym(name.customer_id)
        assert name.canonical_email is None

    def test_what_is_no_email_beside_an_id_is_refused(self) -> None:
        with pytest.raises(InvalidInputError):
            PSEUDONYMS.name("C-17", "nobody")

    def test_no_two_kinds_and_no_two_keys_share_a_pseudonym(self) -> None:
        made = {
            *PSEUDONYMS.of_email(ADA),
            *PSEUDONYMS.of_email(BOB),
            PSEUDONYMS.name("+49 30 901820").customer_id,
        }
        assert len(made) == 5
        assert "present key" not in repr(PSEUDONYMS)

    @given(st.text(max_size=40))
    def test_no_id_that_may_be_an_address_is_ever_kept(self, customer_id: str) -> None:
        kept = PSEUDONYMS.name(customer_id).customer_id
        assert "@" not in kept
        assert kept == customer_id or (is_pseudonym(kept) and is_personal(customer_id))

    def test_without_keys_ids_that_are_not_personal_are_known(self) -> None:
        assert NO_PSEUDONYMS.name("C-17", ADA) == named("C-17", ADA)
        assert NO_PSEUDONYMS.of_email(ADA) == ()


class TestResolution:
    def test_an_unknown_id_is_a_customer_of_its_own(self) -> None:
        names = [named("1"), named("2", ADA)]
        found = resolve(names, NOBODY)
        assert list(map(found.customer_of, names)) == ["1", "2"]
        assert found.aliases == {}

    def test_a_new_id_with_a_known_email_is_an_alias(self) -> None:
        found = resolve([named("2", ADA)], known(account("1", ADA)))
        assert list(found.customer_ids.values()) == ["1"]
        assert found.aliases == {"2": "1"}

    def test_an_alias_is_followed_and_not_saved_again(self) -> None:
        found = resolve([named("2")], known(account("1", ADA), **{"2": "1"}))
        assert list(found.customer_ids.values()) == ["1"]
        assert found.aliases == {}

    def test_an_id_keeps_the_email_it_has(self) -> None:
        found = resolve([named("1", BOB)], known(account("1", ADA), account("9", BOB)))
        assert list(found.customer_ids.values()) == ["1"]
        assert found.aliases == {}

    def test_of_new_ids_with_one_email_the_first_is_the_customer(self) -> None:
        names = [named("2", ADA), named("1"), named("3", ADA), named("1", ADA)]
        found = resolve(names, NOBODY)
        assert set(found.customer_ids.values()) == {"2"}
        assert found.aliases == {"1": "2", "3": "2"}

    def test_a_shops_own_id_comes_before_a_pseudonym(self) -> None:
        ada = PSEUDONYMS.name(ADA)
        found = resolve([ada, named("1", ADA)], NOBODY)
        assert set(found.customer_ids.values()) == {"1"}
        assert found.aliases == {ada.customer_id: "1"}

    def test_the_address_as_id_is_the_customer_who_has_it(self) -> None:
        ada = PSEUDONYMS.name(ADA)
        found = resolve([ada], known(account("1", ADA)))
        assert found.customer_ids == {ada: "1"}
        assert found.aliases == {ada.customer_id: "1"}

    def test_two_who_are_known_keep_what_is_recorded_until_they_are_joined(self) -> None:
        there = known(account("1"), account("2", ADA))
        found = resolve([named("1", ADA), named("2")], there)
        assert list(found.customer_ids.values()) == ["1", "2"]
        assert found.aliases == {}

    def test_what_an_older_key_made_becomes_an_alias(self) -> None:
        number = "+49 30 901820"
        former = FORMER.name(number).customer_id
        name = PSEUDONYMS.name(number)
        found = resolve([name], known(account(former)))
        assert found.customer_ids == {name: former}
        assert found.aliases == {name.customer_id: former}

    @given(
        st.lists(
            st.builds(
                named,
                st.sampled_from(["1", "2", "3", PSEUDONYMS.of_email(ADA)[0]]),
                st.sampled_from([None, ADA, BOB]),
            ),
            max_size=8,
        )
    )
    def test_facts_in_one_batch_or_one_by_one_are_about_the_same_people(
        self, names: list[CustomerName]
    ) -> None:
        """Whatever comes in which order, and after joins: who shares an id or e-mail is one."""
        whole = resolve(names, NOBODY)
        firsts: dict[str, str] = {}
        for name in names:
            if name.canonical_email is not None:
                firsts.setdefault(name.customer_id, name.canonical_email)
        for one in names:
            for other in names:
                first, second = firsts.get(one.customer_id), firsts.get(other.customer_id)
                is_same = one.customer_id == other.customer_id or (
                    first is not None and first == second
                )
                assert (whole.customer_of(one) == whole.customer_of(other)) == is_same


class TestJoins:
    def test_the_earliest_of_the_shops_ids_stays(self) -> None:
        pseudonym = PSEUDONYMS.of_email(ADA)[0]
        group = [account("1"), account("2", age=3), account(pseudonym, age=9), account(ADA, age=9)]
        assert joins_of({ADA: group}) == [
            Join(each.customer_id, CustomerId("2"))
            for each in group
            if each.customer_id != "2"
        ]  # fmt: skip

    def test_nobody_is_joined_with_themselves(self) -> None:
        assert joins_of({ADA: [account("1")]}) == []

    def test_joins_that_follow_each_other_lead_to_the_last_one(self) -> None:
        a, b, c, d = map(CustomerId, "abcd")
        assert straightened([Join(a, b), Join(b, c), Join(d, b)]) == [
            *(Join(a, c), Join(b, c), Join(d, c)),
        ]

    def test_of_a_circle_one_stays(self) -> None:
        a, b, c, d = map(CustomerId, "abcd")
        assert straightened([Join(c, b), Join(b, c)]) == [Join(c, b)]
        assert straightened([Join(d, c), Join(c, b), Join(b, c), Join(a, d)]) == [
            *(Join(d, b), Join(c, b), Join(a, b)),
        ]
