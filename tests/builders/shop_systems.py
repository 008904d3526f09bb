"""How shop systems tell of what happens in a shop: in an export, and by webhooks.

Names, units and dates follow what the three systems write, not what is read of it here.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from succotash.domain.values import Json
from tests.builders.shop_histories import History, Refund, Sale

EXPORTS = Path(__file__).parents[1] / "exports"
ZONE = ZoneInfo("Europe/Berlin")

type Event = tuple[dict[str, Json], str | None]
"""The body of a webhook, and the topic where it stands in a header."""


@dataclass(frozen=True)
class System:
    """How a shop system tells of a history."""

    name: str
    export: Callable[[History], str]
    events_of: Callable[[History, Sale], Iterator[tuple[datetime, Event]]]
    currencies: tuple[str, ...] = ("USD",)
    zone: ZoneInfo = ZONE

    def events(self, history: History) -> list[Event]:
        """The webhooks since they were set up, in the order of what happened."""
        dated = [found for sale in history.sales for found in self.events_of(history, sale)]
        dated.sort(key=lambda each: each[0])
        return [event for at, event in dated if at >= history.listening_from]


def _table(file: str, rows: Sequence[Mapping[str, str]]) -> str:
    """An export with the header of a sample."""
    with (EXPORTS / file).open(newline="", encoding="utf-8") as sample:
        header = next(csv.reader(sample))
    written = io.StringIO()
    table = csv.DictWriter(written, header, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


# Shopify


def _shopify_status(sale: Sale, at: datetime) -> str:
    if not sale.is_paid_at(at):
        return "voided" if sale.is_cancelled_at(at) else "pending"
    back = sale.units_back_at(at)
    return "paid" if not back else "refunded" if back == sale.units else "partially_refunded"


def _shopify_export(history: History) -> str:
    rows = []
    for sale in history.exported():
        at = history.exported_at

        def local(moment: datetime | None, at: datetime = at) -> str:
            known = moment is not None and moment <= at
            return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M:%S %z}" if moment and known else ""

        name, email = f"#{sale.number}", sale.email_at(at)
        rows.append(
            {
                "Name": name,
                "Email": email,
                "Financial Status": _shopify_status(sale, at),
                "Paid at": local(sale.paid_at),
                "Accepts Marketing": "yes" if sale.accepts_marketing else "no",
                "Currency": history.currency,
                "Subtotal": history.amount(sale.units),
                "Total": history.amount(sale.units),
                "Created at": local(sale.ordered_at),
                "Cancelled at": local(sale.cancelled_at),
                "Refunded Amount": history.amount(sale.units_back_at(at)),
                "Id": str(_shopify_id(sale)),
                "Lineitem name": "Mug",
                "Lineitem quantity": "1",
            }
        )
        rows.append({"Name": name, "Email": email, "Lineitem name": "Tea, 100 g"})
    return _table("shopify.csv", rows)


def _shopify_id(sale: Sale) -> int:
    return 820_982_911_946_000_000 + sale.number


def _shopify_refund(history: History, sale: Sale, refund_id: int, refund: Refund) -> Json:
    at = refund.at.astimezone(ZONE).isoformat()
    return {
        "id": refund_id,
        "order_id": _shopify_id(sale),
        "created_at": at,
        "processed_at": at,
        "refund_line_items": [{"quantity": 1, "subtotal": 1.0, "total_tax": 0.0}],
        "transactions": [
            {
                "id": refund_id * 10,
                "kind": "refund",
                "status": "success",
                "amount": history.amount(refund.units),
                "currency": history.currency,
            }
        ],
    }


def _shopify_events(history: History, sale: Sale) -> Iterator[tuple[datetime, Event]]:
    customer: Json = None
    if sale.account is not None:
        customer = {"id": 7_000_000_000_000 + sale.account, "email": sale.email}
    for at in sale.moments():
        given_back = [_shopify_refund(history, sale, *each) for each in sale.refunds_at(at)]
        email = sale.email_at(at)
        cancelled_at = sale.cancelled_at if sale.is_cancelled_at(at) else None
        yield (
            at,
            (
                {
                    "id": _shopify_id(sale),
                    "name": f"#{sale.number}",
                    "created_at": sale.ordered_at.astimezone(ZONE).isoformat(),
                    "updated_at": at.astimezone(ZONE).isoformat(),
                    "cancelled_at": None
                    if cancelled_at is None
                    else cancelled_at.astimezone(ZONE).isoformat(),
                    "financial_status": _shopify_status(sale, at),
                    "currency": history.currency,
                    "total_price": history.amount(sale.units),
                    "test": False,
                    "email": email,
                    "contact_email": email,
                    "buyer_accepts_marketing": sale.accepts_marketing,
                    "customer": customer,
                    "refunds": given_back,
                },
                None,
            ),
        )
    for refund_id, refund in sale.refunds_at(datetime.max.replace(tzinfo=UTC)):
        body = _shopify_refund(history, sale, refund_id, refund)
        assert isinstance(body, dict)
        yield refund.at, (body, None)


# WooCommerce


def _woocommerce_status(sale: Sale, at: datetime) -> str:
    if sale.is_cancelled_at(at):
        return "cancelled" if not sale.refunds else "refunded"
    if not sale.is_paid_at(at):
        return "pending"
    return "refunded" if sale.units_back_at(at) == sale.units else "processing"


def _local(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


def _webtoffee_export(history: History) -> str:
    rows = []
    for sale in history.exported():
        at = history.exported_at
        account = str(sale.account or 0)
        paid_at = sale.paid_at if sale.is_paid_at(at) else None
        rows.append(
            {
                "order_id": str(sale.number),
                "order_number": str(sale.number),
                "order_date": _local(sale.ordered_at),
                "paid_date": paid_at.astimezone(ZONE).isoformat() if paid_at else "",
                "status": _woocommerce_status(sale, at),
                "order_total": history.amount(sale.units),
                "order_currency": history.currency,
                "customer_id": account,
                "customer_user": account,
                "customer_email": sale.email if sale.account else "",
                "billing_email": sale.email_at(at),
                "refund_items": ";".join(
                    f"amount:{history.amount(each.units)}|reason:|date:{_local(each.at)}"
                    for _, each in sale.refunds_at(at)
                ),
                "line_item_1": "name:Mug|product_id:11|sku:MUG|quantity:2|total:25.21",
            }
        )
    return _table("woocommerce_webtoffee.csv", rows)


def _advanced_export(history: History) -> str:
    rows = []
    for sale in history.exported():
        at = history.exported_at
        row = {
            "Order Number": str(sale.number),
            "Order Status": _woocommerce_status(sale, at).capitalize(),
            "Order Date": _local(sale.ordered_at)[:16],
            "Email (Billing)": sale.email_at(at),
            "Order Refund Amount": history.amount(sale.units_back_at(at)),
            "Order Total Amount": history.amount(sale.units),
        }
        rows += [{**row, "Item #": item, "Item Name": "Mug"} for item in "12"]
    return _table("woocommerce_advanced.csv", rows)


def _woocommerce_events(history: History, sale: Sale) -> Iterator[tuple[datetime, Event]]:
    for place, at in enumerate(sale.moments()):
        yield (
            at,
            (
                {
                    "id": sale.number,
                    "number": str(sale.number),
                    "status": _woocommerce_status(sale, at),
                    "currency": history.currency,
                    "date_created_gmt": f"{sale.ordered_at:%Y-%m-%dT%H:%M:%S}",
                    "date_modified_gmt": f"{at:%Y-%m-%dT%H:%M:%S}",
                    "total": history.amount(sale.units),
                    "customer_id": sale.account or 0,
                    "billing": {"first_name": "Ada", "email": sale.email_at(at)},
                    "refunds": [
                        {"id": refund_id, "reason": "", "total": f"-{history.amount(each.units)}"}
                        for refund_id, each in reversed(sale.refunds_at(at))
                    ],
                },
                "order.updated" if place else "order.created",
            ),
        )


# Stripe


def _stripe_export(history: History) -> str:
    rows = []
    for sale in history.exported():
        at = history.exported_at
        back = sale.refunds_at(at)
        status = "Failed" if sale.paid_at is None else "Refunded" if back else "Paid"
        rows.append(
            {
                "id": f"ch_{sale.number}",
                "Created date (UTC)": f"{sale.ordered_at:%Y-%m-%d %H:%M:%S}",
                "Amount": history.amount(sale.units),
                "Amount Refunded": history.amount(sale.units_back_at(at)),
                "Currency": history.currency.lower(),
                "Captured": "false" if sale.paid_at is None else "true",
                "Refunded date (UTC)": f"{back[-1][1].at:%Y-%m-%d %H:%M:%S}" if back else "",
                "Status": status,
                "Customer ID": f"cus_{sale.account}" if sale.account else "",
                "Customer Email": sale.email_at(at),
            }
        )
    return _table("stripe_payments.csv", rows)


def _stripe_events(history: History, sale: Sale) -> Iterator[tuple[datetime, Event]]:
    def event(kind: str, at: datetime, **of: Json) -> tuple[datetime, Event]:
        body: dict[str, Json] = {
            "type": kind,
            "created": int(at.timestamp()),
            "livemode": True,
            "data": {"object": of},
        }
        return at, (body, None)

    def charge(kind: str, at: datetime) -> tuple[datetime, Event]:
        return event(
            kind,
            at,
            id=f"ch_{sale.number}",
            object="charge",
            amount=sale.units,
            amount_refunded=sale.units_back_at(at),
            currency=history.currency.lower(),
            captured=sale.paid_at is not None,
            paid=sale.paid_at is not None,
            status="failed" if sale.paid_at is None else "succeeded",
            created=int(sale.ordered_at.timestamp()),
            billing_details={"email": sale.email_at(at)},
            receipt_email=None,
            customer=f"cus_{sale.account}" if sale.account else None,
        )

    yield charge("charge.failed" if sale.paid_at is None else "charge.succeeded", sale.ordered_at)
    if sale.correction is not None:
        yield charge("charge.updated", sale.correction[0])
    for refund_id, refund in sale.refunds_at(datetime.max.replace(tzinfo=UTC)):
        for kind in ("refund.created", "charge.refund.updated"):
            yield event(
                kind,
                refund.at,
                id=f"re_{refund_id}",
                object="refund",
                amount=refund.units,
                charge=f"ch_{sale.number}",
                currency=history.currency.lower(),
                created=int(refund.at.timestamp()),
                status="succeeded",
            )
        yield charge("charge.refunded", refund.at)


SYSTEMS = {
    "shopify": System("shopify", _shopify_export, _shopify_events),
    "woocommerce, WebToffee": System("woocommerce", _webtoffee_export, _woocommerce_events),
    "woocommerce, Advanced": System("woocommerce", _advanced_export, _woocommerce_events),
    "stripe": System("stripe", _stripe_export, _stripe_events, ("USD", "JPY", "KWD")),
}
