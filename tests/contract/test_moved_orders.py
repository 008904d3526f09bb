"""Leads who bought, after an order moved to another e-mail."""

from succotash.application.shops.recording import record_shop_orders
from succotash.domain.people.erasures import NO_TOMBSTONES
from succotash.domain.repositories.storage import Storage
from succotash.domain.shops.orders import ShopOrder
from tests.builders import NOON, PSEUDONYMS, a_lead, a_value, days
from tests.builders.shops import a_shop_order


def tell(storage: Storage, order: ShopOrder) -> None:
    storage.in_transaction(
        lambda repositories: record_shop_orders(
            repositories, NO_TOMBSTONES, PSEUDONYMS.name_of_email, [order], NOON + days(2)
        )
    )


def test_whose_only_order_moved_bought_nothing_whatever_the_run_before_said(
    storage: Storage,
) -> None:
    repositories = storage.repositories
    for name in ("ada", "bo"):
        repositories.forms.save_lead(a_lead(name, email=f"{name}@example.com", source=name))
    tell(storage, a_shop_order())
    ada = PSEUDONYMS.name("ada@example.com").customer_id
    repositories.ltv.save_customer_ltv(a_value(ada, orders=1))
    tell(storage, a_shop_order(email="bo@example.com", told_at=NOON + days(1)))

    buyers = [repositories.forms.get_form_analytics(source=name).buyers for name in ("ada", "bo")]
    assert buyers == [0, 1]
