"""Events of shops: signed, kept without the database, and recorded."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from local.background_workers import DEVELOPMENT_SECRETS
from succotash.container import Container
from succotash.domain.consents.consents import ConsentState
from succotash.domain.values import CustomerId
from tests.events import EVENTS, Event, sample
from tests.http.gateway import Answered, Gateway

NOW = datetime.fromtimestamp(1_772_355_700, UTC)
SETTINGS = {
    "SUCCOTASH_STORAGE": "memory",
    "CONNECTOR_SECRETS": json.dumps(DEVELOPMENT_SECRETS),
}
SAMPLES = sorted(each.stem for each in EVENTS.glob("connectors.*.json"))


def a_gateway(now: datetime = NOW, **settings: str) -> Gateway:
    return Gateway(container=Container(SETTINGS | settings, clock=lambda: now))


@pytest.fixture
def gateway() -> Gateway:
    return a_gateway()


def signed_at(name: str) -> datetime:
    """When a sample was signed: only those of Stripe say."""
    given = sample(name)["headers"].get("stripe-signature")
    if given is None:
        return NOW
    return datetime.fromtimestamp(int(given.partition(",")[0].removeprefix("t=")), UTC)


def ledger(gateway: Gateway, address: str = "ada@example.com") -> dict[str, Decimal]:
    """The entries of a customer who goes by an address, by id."""
    container = gateway.container
    name = container.pseudonyms.name_of_email(address).customer_id
    orders = container.get_ltv_repository().get_orders(name)
    return {each.order_id: each.amount.amount for each in orders}


def changed(event: Event, **headers: str | None) -> Event:
    given = {
        **event["headers"],
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return event | {"headers": {name: each for name, each in given.items() if each is not None}}


def signed(system: str, body: object, headers: Mapping[str, str] | None = None) -> Event:
    """An event of Shopify or WooCommerce with this body."""
    text = json.dumps(body)
    header = {"shopify": "x-shopify-hmac-sha256", "woocommerce": "x-wc-webhook-signature"}[system]
    digest = hmac.digest(DEVELOPMENT_SECRETS[system].encode(), text.encode(), "sha256")
    event = sample(f"connectors.{system}_order") | {"body": text}
    given = {header.replace("-", "_"): base64.b64encode(digest).decode()}
    return changed(event, **given, **(headers or {}))


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_signed_with_the_development_secret(name: str) -> None:
    assert a_gateway(signed_at(name)).send(sample(name)).status == 200


@pytest.mark.parametrize("name", [each for each in SAMPLES if not each.endswith("ping")])
def test_a_signature_over_the_decoded_body_counts(name: str) -> None:
    event = sample(name)
    encoded = base64.b64encode(event["body"].encode()).decode()
    answer = a_gateway(signed_at(name)).send(event | {"body": encoded, "isBase64Encoded": True})
    assert answer.status == 200


@pytest.mark.parametrize("name", [each for each in SAMPLES if not each.endswith("ping")])
def test_a_changed_body_is_refused_and_nothing_recorded(name: str) -> None:
    event = sample(name)
    gateway = a_gateway(signed_at(name))
    answer = gateway.send(event | {"body": event["body"].replace("ada@", "eve@") + " "})
    assert answer.status == 401
    assert answer.json["type"] == "urn:succotash:problem:invalid-signature"
    assert ledger(gateway) == ledger(gateway, "eve@example.com") == {}


@pytest.mark.parametrize(
    "price", ["1e9999999999999999999", "-1e9999999999999999999", "1e-999999999"]
)
def test_an_amount_beyond_every_exponent_is_set_aside(price: str, gateway: Gateway) -> None:
    body = json.loads(sample("connectors.shopify_order")["body"])
    for name in ("total_price", "current_total_price"):
        body[name] = price
        body[f"{name}_set"]["shop_money"]["amount"] = price
    assert gateway.send(signed("shopify", body)).status == 200
    assert ledger(gateway) == {}


class TestSignatures:
    @pytest.mark.parametrize(
        "secrets",
        [
            '{"shopify": ["other", "development-shopify"]}',
            '{"shopify": ["development-shopify", "other"]}',
        ],
    )
    def test_either_of_two_secrets_signs(self, secrets: str) -> None:
        gateway = a_gateway(CONNECTOR_SECRETS=secrets)
        assert gateway.send(sample("connectors.shopify_order")).status == 200

    @pytest.mark.parametrize("secrets", ["{}", '{"shopify": ["other"]}'])
    def test_without_the_right_secret_everything_is_refused(self, secrets: str) -> None:
        gateway = a_gateway(CONNECTOR_SECRETS=secrets)
        assert gateway.send(sample("connectors.shopify_order")).status == 401

    @pytest.mark.parametrize("secrets", ["nothing", "[]", '{"shopify": ""}', '{"etsy": "x"}'])
    def test_secrets_that_are_written_wrongly_are_named(self, secrets: str) -> None:
        answer = a_gateway(CONNECTOR_SECRETS=secrets).send(sample("connectors.shopify_order"))
        assert (answer.status, "CONNECTOR_SECRETS" in answer.body) == (503, True)

    @pytest.mark.parametrize(
        ("seconds", "status"), [(-301, 401), (-299, 200), (299, 200), (301, 401)]
    )
    def test_stripes_signature_holds_for_five_minutes(self, seconds: int, status: int) -> None:
        name = "connectors.stripe_charge"
        gateway = a_gateway(signed_at(name) + timedelta(seconds=seconds))
        assert gateway.send(sample(name)).status == status

    def test_any_of_several_signatures_of_stripe_counts(self) -> None:
        name = "connectors.stripe_charge"
        given = sample(name)["headers"]["stripe-signature"]
        at, _, right = given.partition(",")
        header = f"{at},v0={'1' * 64},v1={'0' * 64},{right}"
        gateway = a_gateway(signed_at(name))
        assert gateway.send(changed(sample(name), stripe_signature=header)).status == 200

    @pytest.mark.parametrize(
        "header",
        [None, "", "t=,v1=", "v1=x", "t=1,t=2,v1=x", "t=\u0661,v1=\u00e9", "t=" + "9" * 5000],
    )
    def test_a_broken_signature_of_stripe_is_refused(self, header: str | None) -> None:
        event = changed(sample("connectors.stripe_charge"), stripe_signature=header)
        assert a_gateway().send(event).status == 401

    def test_the_topic_says_nothing(self, gateway: Gateway) -> None:
        event = changed(sample("connectors.shopify_order"), x_shopify_topic="customers/redact")
        assert gateway.send(event).status == 200
        assert ledger(gateway) == {"shopify:#1001": Decimal("49.90")}


class TestOtherRequests:
    def test_a_ping_is_answered(self, gateway: Gateway) -> None:
        answer = gateway.send(sample("connectors.woocommerce_ping"))
        assert (answer.status, answer.json) == (200, {"result": "ping"})

    def test_a_ping_with_anything_else_in_it_is_refused(self, gateway: Gateway) -> None:
        ping = sample("connectors.woocommerce_ping")
        event = ping | {"body": "webhook_id=5&status=x", "isBase64Encoded": False}
        assert gateway.send(event).status == 401

    def test_an_unknown_system_is_not_found(self, gateway: Gateway) -> None:
        event = sample("connectors.shopify_order")
        answer = gateway.call("POST", "/connectors/etsy", body=event["body"], scopes=None)
        assert answer.status == 404

    def test_a_body_that_is_too_large_is_refused(self, gateway: Gateway) -> None:
        event = sample("connectors.shopify_order") | {"body": " " * (2048 * 1024 + 1)}
        assert gateway.send(event).status == 413

    @pytest.mark.parametrize("body", [[], "text", None])
    def test_a_signed_body_that_is_no_object_is_refused(
        self, gateway: Gateway, body: object
    ) -> None:
        assert gateway.send(signed("shopify", body)).status == 400

    def test_an_event_about_something_else_is_ignored(self, gateway: Gateway) -> None:
        answer = gateway.send(signed("shopify", {"id": 1, "title": "Mug"}))
        assert (answer.status, answer.json) == (200, {"result": "ignored"})

    def test_what_cannot_be_recorded_now_is_to_be_sent_again(self) -> None:
        gateway = a_gateway(SUCCOTASH_STORAGE="sqlite", SQLITE_PATH="/nowhere/at/all.db")
        answer = gateway.send(sample("connectors.shopify_order"))
        assert (answer.status, "retry-after" in {each.lower() for each in answer.headers}) == (
            503,
            True,
        )


def send(gateway: Gateway, *names: str) -> list[Answered]:
    return [gateway.send(sample(f"connectors.{name}")) for name in names]


class TestRecording:
    def test_an_order_and_its_refund_in_any_order_and_any_number(self, gateway: Gateway) -> None:
        expected = {
            "shopify:#1001": Decimal("49.90"),
            "shopify:#1001/refund/975000000001": Decimal(-15),
        }
        send(gateway, "shopify_refund", "shopify_order", "shopify_refund", "shopify_order")
        assert ledger(gateway) == expected
        other = a_gateway()
        send(other, "shopify_order", "shopify_order", "shopify_refund")
        assert ledger(other) == expected

    def test_a_cancelled_order_counts_no_longer_also_when_told_first(self) -> None:
        for names in (
            ("shopify_order", "shopify_cancellation"),
            ("shopify_cancellation", "shopify_order"),
        ):
            gateway = a_gateway()
            send(gateway, *names)
            assert ledger(gateway) == {}

    def test_woocommerce_orders_refunds_and_deletions(self, gateway: Gateway) -> None:
        send(gateway, "woocommerce_refund", "woocommerce_order")
        assert ledger(gateway) == {
            "woocommerce:727": Decimal("49.90"),
            "woocommerce:727/refund/731": Decimal(-15),
        }
        late = a_gateway(NOW + timedelta(days=30))
        send(late, "woocommerce_order", "woocommerce_refund", "woocommerce_deletion")
        assert ledger(late) == {}

    @pytest.mark.parametrize("is_total_first", [True, False])
    def test_a_refund_of_stripe_counts_once(self, is_total_first: bool) -> None:  # noqa: FBT001
        gateway = a_gateway()
        names = ["stripe_charge", "stripe_total_refund", "stripe_refund"]
        for name in names if is_total_first else reversed(names):
            event = sample(f"connectors.{name}")
            at = signed_at(f"connectors.{name}")
            intake = Container(SETTINGS, clock=lambda at=at: at)
            intake.__dict__["storage"] = gateway.container.storage
            assert Gateway(container=intake).send(event).status == 200
        assert ledger(gateway) == {
            "stripe:ch_INVENTED1": Decimal("49.90"),
            "stripe:ch_INVENTED1/refund/re_INVENTED1": Decimal(-15),
        }

    def test_what_shopify_says_of_marketing_is_consent_as_of_then(self, gateway: Gateway) -> None:
        send(gateway, "shopify_consent", "shopify_order", "shopify_consent")
        consents = gateway.container.storage.repositories.consents
        current = consents.get_current_consents("ada@example.com")
        assert [(each.purpose, each.state) for each in current] == [
            ("marketing", ConsentState.DENIED)
        ]
        assert len(consents.get_consents("ada@example.com")) == 2

    def test_the_shops_number_is_an_alias(self, gateway: Gateway) -> None:
        send(gateway, "shopify_order")
        ltv = gateway.container.get_ltv_repository()
        found = ltv.get_customer(CustomerId("shopify:7000000000001"))
        assert found.canonical_email == "ada@example.com"

    def test_who_is_redacted_is_erased(self, gateway: Gateway) -> None:
        send(gateway, "shopify_order", "shopify_redact")
        assert ledger(gateway) == {}
        send(gateway, "shopify_order")
        assert ledger(gateway) == {}

    def test_a_data_request_leaves_an_export(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = tmp_path_factory.mktemp("exports")
        gateway = a_gateway(EXPORTS=f"file:{folder}")
        send(gateway, "shopify_order", "shopify_data_request")
        [export] = folder.glob("data_request_9999_*.json")
        told = json.loads(export.read_text(encoding="utf-8"))
        assert told["email"] == "ada@example.com"
        assert told["customers"][0]["orders"][0]["amount"] == "49.90"
