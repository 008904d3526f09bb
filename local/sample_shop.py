"""The tutorial's shop: exports of an invented tea shop, as its systems would write them.

`python -m local.sample_shop` writes them; `--check` says whether they are current. Nobody in them
exists, and all addresses are at example.com. They end on 31 March 2026.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "tutorial" / "exports"
BEGINS_AT = datetime(2024, 4, 1, tzinfo=UTC)
MOVED_AT = datetime(2025, 7, 1, tzinfo=UTC)
"""When the shop moved from WooCommerce to Shopify."""
ENDS_AT = datetime(2026, 4, 1, tzinfo=UTC)
CUSTOMERS = 400
TASTINGS = 7
"""Every so many customers pay for tastings, by links of Stripe."""
GIVEN = (
    "ada", "bo", "cleo", "dara", "eli", "femi", "gus", "hana", "ines", "jon",
    "kai", "lea", "milo", "noa", "omar", "pia", "quin", "rosa", "sam", "tea",
)  # fmt: skip
FAMILY = (
    "ash", "brook", "cole", "dale", "elm", "field", "grove", "hill", "iles", "lake",
    "marsh", "north", "oak", "park", "reed", "stone", "vale",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sale:
    """An order, as all systems know it."""

    number: int
    email: str
    at: datetime
    cents: int
    refunded_cents: int
    agrees: bool

    @property
    def total(self) -> str:
        """The amount as files write it."""
        return dollars(self.cents)

    @property
    def refunded(self) -> str:
        """The refunded part of it."""
        return dollars(self.refunded_cents)


def dollars(cents: int) -> str:
    """An amount with two digits behind the point."""
    return f"{cents // 100}.{cents % 100:02d}"


def sales() -> tuple[list[Sale], list[Sale]]:
    """Orders of the shop, and payments of tastings, by time.

    Customers buy at rates of their own until they leave, as the models assume (BG/NBD).
    """
    chance = Random(2026)  # noqa: S311 - a simulation
    orders: list[Sale] = []
    tastings: list[Sale] = []
    days = (ENDS_AT - BEGINS_AT).days
    for number in range(CUSTOMERS):
        given = GIVEN[number % len(GIVEN)]
        family = FAMILY[number // len(GIVEN) % len(FAMILY)]
        email = f"{given}.{family}{number // (len(GIVEN) * len(FAMILY)) or ''}@example.com"
        every = 25 + 90 * chance.random()  # days between orders
        leaves = 0.04 + 0.16 * chance.random()
        typical = 1800 + int(4200 * chance.random())
        agrees = chance.random() < 0.6  # noqa: PLR2004 - a share
        day = days * 0.92 * chance.random()
        bought = orders if number % TASTINGS else tastings
        while day < days:
            cents = int(typical * (0.6 + 0.8 * chance.random()))
            refunded = cents if chance.random() < 0.02 else 0  # noqa: PLR2004
            at = BEGINS_AT + timedelta(days=day)
            bought.append(Sale(0, email, at.replace(microsecond=0), cents, refunded, agrees))
            if chance.random() < leaves:
                break
            day -= every * log(1 - chance.random())
            bought = tastings if number % TASTINGS == 0 and chance.random() < 0.5 else orders  # noqa: PLR2004
    return _numbered(orders, 1001), _numbered(tastings, 1)


def _numbered(sold: Sequence[Sale], first: int) -> list[Sale]:
    ordered = sorted(sold, key=lambda each: (each.at, each.email))
    return [
        Sale(first + number, each.email, each.at, each.cents, each.refunded_cents, each.agrees)
        for number, each in enumerate(ordered)
    ]


def woocommerce(sold: Sequence[Sale]) -> Iterator[Sequence[str]]:
    """Write orders as the plug-in Order Export & Order Import does."""
    yield (
        "order_id", "order_number", "order_date", "paid_date", "status", "order_total",
        "order_currency", "payment_method", "customer_id", "customer_email", "billing_email",
        "refund_items", "line_item_1",
    )  # fmt: skip
    for each in sold:
        at = f"{each.at:%Y-%m-%d %H:%M:%S}"
        refund = f"amount:{each.refunded}|reason:|date:{at}" if each.refunded_cents else ""
        status = "refunded" if each.refunded_cents else "completed"
        item = (
            f"name:Tea|product_id:11|sku:TEA|quantity:1|total:{each.total}|sub_total:{each.total}"
        )
        yield (
            str(each.number), str(each.number), at, at, status, each.total, "USD", "card", "0", "",
            each.email, refund, item,
        )  # fmt: skip


def shopify(sold: Sequence[Sale]) -> Iterator[Sequence[str]]:
    """Write orders as Orders > Export does; every fifth has a second line item."""
    yield (
        "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at",
        "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Created at",
        "Lineitem quantity", "Lineitem name", "Lineitem price", "Cancelled at", "Payment Method",
        "Refunded Amount", "Id",
    )  # fmt: skip
    for each in sold:
        at = f"{each.at:%Y-%m-%d %H:%M:%S} +0000"
        status = "refunded" if each.refunded_cents else "paid"
        yield (
            f"#{each.number}", each.email, status, at, "fulfilled", at,
            "yes" if each.agrees else "no", "USD", each.total, "0.00", "0.00", each.total, at, "1",
            "Tea", each.total, "", "Shopify Payments", each.refunded,
            str(5550000000000 + each.number),
        )  # fmt: skip
        if each.number % 5 == 0:
            yield (f"#{each.number}", each.email, *[""] * 11, "1", "Sample", "0.00", *[""] * 4)


def stripe(sold: Sequence[Sale]) -> Iterator[Sequence[str]]:
    """Write payments as Payments > Export does; every ninth was tried in vain first."""
    yield (
        "id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Captured", "Status",
        "Refunded date (UTC)", "Customer ID", "Customer Email", "Description",
    )  # fmt: skip
    for each in sold:
        at = f"{each.at:%Y-%m-%d %H:%M:%S}"
        status, refunded_at = ("Refunded", at) if each.refunded_cents else ("Paid", "")
        if each.number % 9 == 0:
            yield (
                f"ch_tasting{each.number}x", at, each.total, "0.00", "usd", "false", "Failed", "",
                "", each.email, "Tasting",
            )  # fmt: skip
        yield (
            f"ch_tasting{each.number}", at, each.total, each.refunded, "usd", "true", status,
            refunded_at, "", each.email, "Tasting",
        )  # fmt: skip


def files() -> dict[str, str]:
    """Every file's text, by name."""
    orders, tastings = sales()
    before = [each for each in orders if each.at < MOVED_AT]
    after = [each for each in orders if each.at >= MOVED_AT]
    return {
        "woocommerce.csv": _csv(woocommerce(before)),
        "shopify.csv": _csv(shopify(after)),
        "stripe.csv": _csv(stripe(tastings)),
    }


def _csv(rows: Iterator[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def main() -> int:
    """1 where the files are checked and not those of this module."""
    parser = argparse.ArgumentParser(description="Write or check the tutorial's exports.")
    parser.add_argument("--check", action="store_true", help="write nothing")
    checks = parser.parse_args().check
    stale = []
    for name, text in files().items():
        path = FOLDER / name
        if not checks:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    for name in stale:
        print(f"{name} is not current: run python -m local.sample_shop", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
