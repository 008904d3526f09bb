"""The link in a mail: the page behind it, its buttons, and the POST of a mail program."""

import base64
from datetime import timedelta

import pytest

from succotash.container import Container
from succotash.domain.consents.consents import ConsentOrigin, ConsentState
from succotash.domain.intake.unsubscriptions import (
    UNSUBSCRIBE_LIFETIME,
    UNSUBSCRIBE_PURPOSE,
    UnsubscribeLink,
)
from succotash.domain.values import CampaignId, system_clock
from tests.builders import a_consent
from tests.events import http_event
from tests.http.gateway import Answered, Gateway

ADA = "ada@example.com"
CAMPAIGN = CampaignId("01990000-0000-7000-8000-000000000001")
PAGE = {"accept": "text/html,*/*"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
ONE_CLICK = "List-Unsubscribe=One-Click"
BOUNDARY = "----ThisIsMyBoundary"
MULTIPART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    f"One-Click\r\n--{BOUNDARY}--\r\n"
)


class Desk:
    """Somebody who said yes, and the link that they were sent."""

    def __init__(self, **settings: str) -> None:
        keys = {"FORM_TOKEN_KEYS": "a-key-that-nobody-guesses"}
        self.gateway = Gateway({"SUCCOTASH_STORAGE": "memory"} | keys | settings)
        yes = a_consent(occurred_at=system_clock() - timedelta(days=3))
        self.container.get_consent_records().record_consents([yes])
        self.token = self.container.get_unsubscriptions().token(ADA, CAMPAIGN)

    @property
    def container(self) -> Container:
        return self.gateway.container

    def look(self, token: str | None = None) -> Answered:
        path = f"/u/{token or self.token}"
        return self.gateway.send(http_event("GET", path, query={"utm_source": "x"}, headers=PAGE))

    def post(self, body: str, token: str | None = None, **headers: str) -> Answered:
        path = f"/u/{token or self.token}"
        return self.gateway.send(http_event("POST", path, body=body, headers=FORM | headers))

    def holding(self) -> dict[str, ConsentState]:
        found = self.container.storage.repositories.consents.get_current_consents(ADA)
        return {each.purpose: each.state for each in found}

    def suppressed(self, email: str = ADA) -> list[str]:
        keys = self.container.keys.tombstones.of_suppression(email)
        found = self.container.storage.repositories.consents.find_suppressions(keys)
        return [each.purpose for each in found]

    def origins(self) -> list[str]:
        found = self.container.storage.repositories.consents.get_consents(ADA)
        return [each.origin for each in found]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_looking_shows_two_buttons_and_changes_nothing(desk: Desk) -> None:
    page = desk.look()
    assert page.status == 200
    assert page.body.count("<button") == 2
    assert "<script" not in page.body
    assert desk.holding() == {"marketing": "granted"}
    assert desk.suppressed() == []


def test_the_page_loads_nothing_and_tells_no_other_site(desk: Desk) -> None:
    headers = desk.look().headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'" in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_a_token_holds_no_address_and_fits_into_a_path(desk: Desk) -> None:
    said = base64.urlsafe_b64decode(desk.token.partition(".")[0] + "==").decode()
    assert "@" not in said
    assert "ada" not in said
    assert len(desk.token) <= 200


def test_a_button_unsubscribes_from_everything(desk: Desk) -> None:
    answer = desk.post("from=all")
    assert answer.status == 200
    assert "no more marketing e-mails" in answer.body
    assert desk.holding() == {"marketing": "denied"}
    assert desk.suppressed() == ["marketing"]
    assert desk.origins() == ["form", "link"]


def test_the_other_unsubscribes_from_the_campaign_alone(desk: Desk) -> None:
    answer = desk.post("from=campaign")
    assert "from this campaign" in answer.body
    assert desk.holding() == {"marketing": "granted", f"campaign:{CAMPAIGN}": "denied"}
    assert desk.suppressed() == [f"campaign:{CAMPAIGN}"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE_CLICK, FORM["content-type"]),
        (f"{ONE_CLICK}&unknown=1", FORM["content-type"]),
        (MULTIPART, f"multipart/form-data; boundary={BOUNDARY}"),
    ],
)
def test_a_mail_program_unsubscribes_by_one_post(body: str, content_type: str, desk: Desk) -> None:
    answer = desk.post(body, **{"content-type": content_type})
    assert answer.status == 200
    assert {name.lower() for name in answer.headers}.isdisjoint({"location", "set-cookie"})
    assert desk.suppressed() == ["marketing"]


def test_doing_it_again_changes_nothing(desk: Desk) -> None:
    for _ in range(3):
        assert desk.post(ONE_CLICK).status == 200
    assert desk.origins() == ["form", "link"]


def test_it_is_the_persons_own_no_though_an_import_said_so_before(desk: Desk) -> None:
    no = a_consent(
        "no", state=ConsentState.DENIED, origin=ConsentOrigin.IMPORT, occurred_at=system_clock()
    )
    desk.container.get_consent_records().record_consents([no])
    desk.post(ONE_CLICK)
    assert desk.origins() == ["form", "import", "link"]


def test_who_says_yes_again_can_unsubscribe_again_by_the_same_link(desk: Desk) -> None:
    desk.post(ONE_CLICK)
    again = a_consent("again", occurred_at=system_clock())
    desk.container.get_consent_records().record_consents([again])
    assert desk.holding() == {"marketing": "granted"}
    assert desk.suppressed() == []
    desk.post(ONE_CLICK)
    assert desk.holding() == {"marketing": "denied"}
    assert desk.suppressed() == ["marketing"]


def test_the_address_is_suppressed_that_the_mail_went_to_though_it_was_erased(desk: Desk) -> None:
    desk.container.get_people_handler().erase_person(ADA)
    assert desk.post("from=campaign").status == 200
    assert desk.suppressed() == [f"campaign:{CAMPAIGN}", "marketing"]
    assert desk.origins() == []


def test_of_somebody_without_consent_the_suppression_alone_is_kept(desk: Desk) -> None:
    bob = "bob@example.com"
    token = desk.container.get_unsubscriptions().token(bob, CAMPAIGN)
    assert desk.post("from=all", token).status == 200
    assert desk.suppressed(bob) == ["marketing"]
    assert desk.suppressed() == []


@pytest.mark.parametrize("body", ["", "from=nobody", "List-Unsubscribe=no", "x=1"])
def test_an_unclear_post_is_refused(body: str, desk: Desk) -> None:
    answer = desk.post(body)
    assert answer.status == 422
    assert "Nothing was changed" in answer.body
    assert desk.suppressed() == []


def test_a_forged_token_gets_a_page_that_says_so(desk: Desk) -> None:
    other = Desk(FORM_TOKEN_KEYS="another-key-of-somebody").token
    confirmation = desk.container.signer("confirmation").sign("x:y", system_clock())
    unreadable = desk.container.signer(UNSUBSCRIBE_PURPOSE).sign("x:y", system_clock())
    for token in (other, confirmation, unreadable, f"{desk.token}x", "x"):
        for answer in (desk.look(token), desk.post(ONE_CLICK, token)):
            assert answer.status == 404
            assert "This link does not work" in answer.body
            assert answer.headers["Content-Type"].startswith("text/html")
    assert desk.suppressed() == []


def test_an_expired_token_gets_a_page_that_says_so(desk: Desk) -> None:
    [key, *_] = desk.container.keys.tombstones.of_suppression(ADA)
    made_at = system_clock() - UNSUBSCRIBE_LIFETIME - timedelta(minutes=1)
    old = UnsubscribeLink(key, CAMPAIGN).token(desk.container.signer(UNSUBSCRIBE_PURPOSE), made_at)
    for answer in (desk.look(old), desk.post(ONE_CLICK, old)):
        assert answer.status == 410
        assert "does not work any more" in answer.body
    assert desk.suppressed() == []
