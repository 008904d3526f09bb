"""Customers, their value and their risk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, cast

import typer

from succotash_client.client import SuccotashClient, System
from succotash_client.commands.session import (
    Cell,
    InputFileError,
    JsonOption,
    counted,
    day,
    first,
    money,
    percent,
    progress,
    say,
    session,
    show_facts,
    show_json,
    show_table,
)
from succotash_client.credentials import PRIVATE
from succotash_client.errors import SuccotashClientError
from succotash_client.models import (
    CustomerRetention,
    CustomerValueView,
    FoundCustomerView,
    RiskLevel,
)

RISKS = "low, medium, high or lost"
RiskOption = Annotated[str | None, typer.Option("--risk", help=f"Only these: {RISKS}.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("customers")(customers)
    app.command("customer")(customer)


def customers(
    context: typer.Context,
    risk: RiskOption = None,
    segment: Annotated[str | None, typer.Option(help="A segment by value, such as vip.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 20,
    csv: Annotated[
        Path | None, typer.Option(help="Write all of them to this file, with addresses.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List customers, the greatest value at risk first."""
    level = cast("RiskLevel | None", risk)
    with session(context).client() as client:
        if csv is not None:
            with progress("Exporting") as bar, _file(csv) as file:
                count = client.export_customers(file, risk=level, segment=segment, watch=bar.at)
            if as_json:
                show_json({"file": str(csv), "customers": count})
            else:
                say(f"{counted(count, 'customer')} written to {csv}")
            return
        risks = client.customers(risk=level, segment=segment, page=min(limit, 100))
        found = first(risks, limit, "Reading customers")
    if as_json:
        show_json({"customers": found})
    elif not found:
        say("No customer was found")
    else:
        show_table(
            ("customer", "risk", "value at risk", "alive", "segment", "last seen", "why"),
            (
                (
                    each["customer_id"],
                    each["risk_level"],
                    money(each["value_at_risk"], each["currency"]),
                    percent(each["probability_alive"]),
                    each["value_segment"],
                    each["last_seen_on"],
                    each["reasons"][0] if each["reasons"] else None,
                )
                for each in found
            ),
            right="value_at_risk alive",
        )


def customer(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID|EMAIL", help="Whom to look for.")],
    system: Annotated[
        Literal["shop", "shopify", "woocommerce", "stripe"],
        typer.Option(help="Whose id it is."),
    ] = "shop",
    as_json: JsonOption = False,
) -> None:
    """Show a customer's value, risk, and why. An e-mail is sent in the body, and logged nowhere."""
    with session(context).client() as client:
        found = _find(client, name, system)
        if found is None:
            raise CustomerNotFoundError(f"No customer is known as {name}")
        details = client.customer(found["customer_id"]) if found["churn_risk"] else None
    if as_json:
        show_json(details or found)
    elif details is None:
        say(f"{found['customer_id']} is not scored yet: run succotash score --wait")
    else:
        _tell(details)


class CustomerNotFoundError(SuccotashClientError):
    """No customer has this name."""


def _find(client: SuccotashClient, name: str, system: System) -> FoundCustomerView | None:
    if "@" in name:
        found = client.search_customers(name)
    else:
        found = client.search_customers(system=system, id=name)
    if len(found) > 1:
        ids = ", ".join(each["customer_id"] for each in found)
        raise InputFileError(f"{name} is the name of several customers: {ids}")
    return found[0] if found else None


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears once it is whole, for its owner alone, since it holds addresses."""
    if path.is_dir():
        raise InputFileError(f"{path} cannot be written: it is a folder")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except OSError as error:
        raise InputFileError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _tell(found: CustomerRetention) -> None:
    risk, value = found["churn_risk"], found["value"]
    facts: list[tuple[str, Cell]] = [
        ("customer", found["customer_id"]),
        ("risk", risk["risk_level"]),
        ("probability alive", percent(risk["probability_alive"])),
        ("value at risk", money(risk["value_at_risk"], risk["currency"])),
        ("last seen", risk["last_seen_on"]),
        ("expected to leave", risk["predicted_churn_date"]),
        ("likely inactive since", risk["likely_inactive_since"]),
    ]
    show_facts(facts + ([] if value is None else _value(value)))
    say("")
    for reason in risk["reasons"]:
        say(f"- {reason}")
    if found["run"] is not None:
        say(f"\nAs of {found['run']['as_of']}")


def _range(low: str, high: str, currency: str) -> str:
    return f"{low} {currency}" if low == high else f"between {low} and {high} {currency}"


def _value(value: CustomerValueView) -> list[tuple[str, Cell]]:
    currency, interval = value["currency"], value["predicted_clv_interval"]
    return [
        ("segment", value["segment"]),
        ("orders", value["order_count"]),
        ("spent", money(value["actual_clv"], currency)),
        ("lifetime value", money(value["predicted_clv"], currency)),
        (
            "most likely",
            None if interval is None else _range(interval["low"], interval["high"], currency),
        ),
        ("first purchase", day(value["first_purchase_at"])),
        ("last purchase", day(value["last_purchase_at"])),
    ]
