"""The states of shops' orders, from rows and as documents."""

from datetime import datetime

from succotash.domain.shops.orders import KnownRefund, RefundTotal, ShopOrderState
from succotash.domain.values import Json, instant_text
from succotash.infrastructure.rows.row import Row


def shop_order_state_of(row: Row) -> ShopOrderState:
    """The state of a shop's order."""
    refunded = row.optional_money("refunded")
    return ShopOrderState(
        order_id=row["order_id"],
        system=row["system"],
        number=row["number"],
        told_at=row.optional_instant("told_at"),
        customer_id=row["customer_id"],
        ordered_at=row.optional_instant("ordered_at"),
        total=row.optional_money("amount"),
        refunded=None
        if refunded is None
        else RefundTotal(refunded, row.instant("refunded_at"), row.instant("refunded_told_at")),
        refunds={
            refund_id: KnownRefund(datetime.fromisoformat(at), units, bool(is_reversed))
            for refund_id, (at, units, is_reversed) in (row.optional_json("refunds") or {}).items()
        },
    )


def refunds_document(state: ShopOrderState) -> dict[str, Json] | None:
    """The refunds of a state by id, as they are kept."""
    return {
        refund_id: [instant_text(each.refunded_at), each.units, each.is_reversed]
        for refund_id, each in state.refunds.items()
    } or None
