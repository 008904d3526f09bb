"""The API's operations as methods."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from http import HTTPStatus
from io import SEEK_END
from itertools import batched
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, cast, override
from urllib.parse import quote

import httpx

from succotash_client import models
from succotash_client.errors import (
    EmptyFileError,
    FileTooLargeError,
    NotFoundError,
    RunFailedError,
    WaitedTooLongError,
)
from succotash_client.transport import FixedToken, Retries, TokenSource, Transport, body

BATCH = 500
"""The most items of a batch."""
PAGE = 100
RUN_SECONDS = 3600.0
"""The time to wait for a scoring run."""
POLL_SECONDS = 1.0
ENDED = frozenset({"finished", "withheld", "failed"})

type System = Literal["shop", "shopify", "woocommerce", "stripe"]
type Watch[T] = Callable[[T], None]
"""Told how far something has come."""

type ImportStep = tuple[int, int] | models.ImportView
"""How many bytes of how many were sent, and then how far the import has come."""


class SuccotashClient(AbstractContextManager["SuccotashClient"]):
    """Succotash's API at one address.

    Refusals are ApiError, outages UnavailableError. What may be sent twice without harm is sent
    again after an outage that may pass.
    """

    def __init__(
        self,
        url: str,
        token: str | TokenSource,
        *,
        timeout: float = 35.0,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        http = httpx.Client(base_url=self.url, timeout=timeout, transport=transport)
        tokens = FixedToken(token) if isinstance(token, str) else token
        self._transport = Transport(http, tokens, retries or Retries(), sleep)
        self._sleep = sleep

    @override
    def __enter__(self) -> Self:
        return self

    @override
    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.http.close()

    def request(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401
        """Any operation's answer, parsed; None where the body is empty."""
        response = self._transport.request(method, path, **options)
        return None if response.status_code == HTTPStatus.NO_CONTENT else body(response)

    def _tagged(self, path: str) -> tuple[Any, str]:
        answer = self._transport.request("GET", path)
        return body(answer), answer.headers["etag"]

    def pages(
        self, path: str, key: str, params: Mapping[str, object] | None = None
    ) -> Iterator[Any]:
        """The items of a list, which is read page by page as they are asked for."""
        cursor = None
        while True:
            page = self.request("GET", path, params={**(params or {}), "cursor": cursor})
            yield from page[key]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    # The service.

    def health(self) -> models.Health:
        """Whether the service and its storage work."""
        return cast("models.Health", self.request("GET", "/health"))

    # Customers.

    def customers(
        self,
        *,
        risk: models.RiskLevel | None = None,
        segment: str | None = None,
        page: int = PAGE,
    ) -> Iterator[models.ChurnRiskView]:
        """Customers at risk, the greatest value at risk first."""
        params = {"risk": risk, "segment": segment, "limit": page}
        return self.pages("/retention/customers", "customers", params)

    def customers_by_value(
        self,
        *,
        risk: models.RiskLevel | None = None,
        segment: str | None = None,
        cohort_id: str | None = None,
        page: int = PAGE,
    ) -> Iterator[models.CustomerValueView]:
        """Customers, the most valuable first."""
        params = {"risk": risk, "segment": segment, "cohort_id": cohort_id, "limit": page}
        return self.pages("/ltv/customers", "customers", params)

    def search_customers(
        self,
        email: str | None = None,
        *,
        system: System = "shop",
        id: str | None = None,  # noqa: A002
    ) -> list[models.FoundCustomerView]:
        """Customers by e-mail, or by the id that a system gave them, with value and risk.

        In the request's body, so that no log has it.
        """
        asked = {"email": email} if id is None else {"system": system, "id": id}
        found = self.request("POST", "/customers/search", json=asked, repeatable=True)
        return cast("list[models.FoundCustomerView]", found["customers"])

    def export_customers(
        self,
        file: BinaryIO,
        *,
        risk: models.RiskLevel | None = None,
        segment: str | None = None,
        watch: Watch[int] = lambda _: None,
    ) -> int:
        """Write customers to a file as CSV with a header; how many lines behind it.

        A large export comes in parts, each of which is fetched from where the API says.
        """
        lines, cursor, is_first = 0, None, True
        while True:
            params = {"risk": risk, "segment": segment, "cursor": cursor}
            answer = self._transport.request("GET", "/customers/export", params=params)
            cursor = None
            if answer.status_code == HTTPStatus.SEE_OTHER:
                part = body(answer)
                cursor = part["next_cursor"]
                content = self._transport.fetch(part["location"])
            else:
                content = answer.content
            header, _, rows = content.partition(b"\n")
            file.write((header + b"\n" if is_first else b"") + rows)
            lines += rows.count(b"\n")
            is_first = False
            watch(lines)
            if cursor is None:
                return lines

    def customer(self, customer_id: str) -> models.CustomerRetention:
        """One customer's risk, engagement, value and history."""
        path = f"/retention/customers/{quoted(customer_id)}"
        return cast("models.CustomerRetention", self.request("GET", path))

    # Leads and forms.

    def leads(
        self,
        *,
        status: models.LeadStatus | None = None,
        source: str | None = None,
        min_score: int | None = None,
        page: int = PAGE,
    ) -> Iterator[models.LeadView]:
        """Leads, by last submission."""
        params = {"status": status, "source": source, "min_score": min_score, "limit": page}
        return self.pages("/leads", "leads", params)

    def lead(self, lead_id: str) -> models.LeadDetails:
        """One lead with its score and history."""
        return cast("models.LeadDetails", self.request("GET", f"/leads/{quoted(lead_id)}"))

    def find_leads(self, email: str) -> list[models.LeadView]:
        """The lead with an e-mail address, in whatever spelling; nobody where it is empty."""
        found = self.request("POST", "/leads/search", json={"email": email}, repeatable=True)
        return cast("list[models.LeadView]", found["leads"])

    def forms(self) -> list[models.FormSummary]:
        """Every form."""
        return cast("list[models.FormSummary]", self.request("GET", "/forms")["forms"])

    def form(self, form_id: str) -> tuple[models.FormView, str]:
        """A form's definition, and the tag of this state of it."""
        return self._tagged(f"/forms/{quoted(form_id)}")

    def put_form(
        self, form_id: str, form: models.FormBody, *, tag: str | None = None
    ) -> models.FormView:
        """Define a form, in effect for the next submission.

        With the tag that it was read with, PreconditionFailedError where it is another by now.
        """
        path = f"/forms/{quoted(form_id)}"
        found = self.request("PUT", path, json=form, headers=_if_match(tag))
        return cast("models.FormView", found)

    def create_form(self, form_id: str, form: models.FormBody) -> models.FormView:
        """Define a new form; PreconditionFailedError where there is one of this id."""
        path, new = f"/forms/{quoted(form_id)}", {"If-None-Match": "*"}
        found = self.request("PUT", path, json=form, headers=new)
        return cast("models.FormView", found)

    def submit(
        self, form_id: str, answers: models.Answers, *, key: str | None = None
    ) -> models.Receipt:
        """Submit a form; with its key, or one made for it, it counts once however often sent."""
        found = self.request(
            "POST",
            f"/forms/{quoted(form_id)}/submissions",
            json=answers,
            headers={"Idempotency-Key": key or str(uuid.uuid4())},
            repeatable=True,
        )
        return cast("models.Receipt", found)

    # Orders and activity: what is known already changes nothing, so batches may be repeated.

    def record_orders(self, orders: Iterable[models.OrderItem]) -> Iterator[models.BatchReport]:
        """Record orders in batches; a report for each, as they are asked for."""
        for batch in batched(orders, BATCH, strict=False):
            sent = {"orders": list(batch)}
            yield self.request("POST", "/orders", json=sent, repeatable=True)

    def record_activity(
        self, events: Iterable[models.ActivityItem]
    ) -> Iterator[models.BatchReport]:
        """Record events in batches; a report for each, as they are asked for."""
        for batch in batched(events, BATCH, strict=False):
            sent = {"events": list(batch)}
            yield self.request("POST", "/activity", json=sent, repeatable=True)

    def import_file(
        self,
        file: BinaryIO,
        options: models.UploadBody | None = None,
        *,
        watch: Watch[ImportStep] = lambda _: None,
    ) -> models.ImportView:
        """Send a file of orders past the API, and wait until it is imported."""
        size = file.seek(0, SEEK_END)
        if not size:
            raise EmptyFileError
        permit = cast(
            "models.UploadView",
            self.request("POST", "/uploads", json=options or {}, repeatable=True),
        )
        form = permit["upload"]
        if size > form["max_bytes"]:
            raise FileTooLargeError(size, form["max_bytes"])
        self._transport.upload(form["url"], form["fields"], file, lambda sent: watch((sent, size)))
        while True:
            found = self._import(permit["import_id"])
            if found is not None:
                watch(found)
                if found["state"] not in {"queued", "importing"}:
                    return found
            self._sleep(POLL_SECONDS)

    def get_import(self, import_id: str, *, limit: int | None = None) -> models.ImportView:
        """The progress or the result of the import of a file."""
        path = f"/imports/{quoted(import_id)}"
        return cast("models.ImportView", self.request("GET", path, params={"limit": limit}))

    def _import(self, import_id: str) -> models.ImportView | None:
        """The progress of the import; None before its file is seen."""
        try:
            return self.get_import(import_id)
        except NotFoundError:
            return None

    # Campaigns.

    def campaigns(
        self, *, status: models.CampaignStatus | None = None
    ) -> list[models.CampaignView]:
        """Campaigns, newest first."""
        found = self.request("GET", "/retention/campaigns", params={"status": status})
        return cast("list[models.CampaignView]", found["campaigns"])

    def campaign(self, campaign_id: str) -> models.CampaignDetailView:
        """One campaign, and how far its messages came."""
        return cast("models.CampaignDetailView", self.request("GET", _campaign(campaign_id)))

    def tagged_campaign(self, campaign_id: str) -> tuple[models.CampaignDetailView, str]:
        """One campaign, and the tag of this state of it, but for its figures."""
        return self._tagged(_campaign(campaign_id))

    def create_campaign(self, campaign: models.CampaignBody) -> models.CampaignView:
        """Draft a campaign; not sent again after an outage, which could draft two."""
        found = self.request("POST", "/retention/campaigns", json=campaign)
        return cast("models.CampaignView", found)

    def update_campaign(
        self, campaign_id: str, change: models.CampaignPatch, *, tag: str | None = None
    ) -> models.CampaignView:
        """Change a campaign; with a tag, as `put_form`."""
        path, headers = _campaign(campaign_id), _if_match(tag)
        found = self.request("PATCH", path, json=change, headers=headers, repeatable=True)
        return cast("models.CampaignView", found)

    def delete_campaign(self, campaign_id: str, *, tag: str | None = None) -> None:
        """Delete a draft; with a tag, as `put_form`."""
        self.request("DELETE", _campaign(campaign_id), headers=_if_match(tag))

    def preview_campaign(self, campaign_id: str) -> models.PreviewView:
        """The number of people a campaign would reach now, others by reason, and first messages."""
        found = self.request("POST", f"{_campaign(campaign_id)}/preview", repeatable=True)
        return cast("models.PreviewView", found)

    def dispatch_campaign(self, campaign_id: str) -> models.DispatchRequested:
        """Ask for a campaign's messages to be handed over now."""
        found = self.request("POST", f"{_campaign(campaign_id)}/dispatch", repeatable=True)
        return cast("models.DispatchRequested", found)

    def campaign_performance(self, campaign_id: str) -> models.CampaignPerformanceView:
        """A campaign's rates, and what it changed in money."""
        found = self.request("GET", f"{_campaign(campaign_id)}/performance")
        return cast("models.CampaignPerformanceView", found)

    # Scoring.

    def request_run(self, as_of: datetime | None = None) -> models.RunProgressView:
        """Ask for a scoring run as of an instant, or now; ConflictError while one runs."""
        asked = "now" if as_of is None else as_of.isoformat()
        found = self.request("POST", "/scoring/runs", json={"as_of": asked})
        return cast("models.RunProgressView", found)

    def run(self, run_id: str) -> models.RunProgressView:
        """The progress of a scoring run."""
        found = self.request("GET", f"/scoring/runs/{quoted(run_id)}")
        return cast("models.RunProgressView", found)

    def wait_for_run(
        self,
        run_id: str,
        *,
        seconds: float = RUN_SECONDS,
        watch: Watch[models.RunProgressView] = lambda _: None,
    ) -> models.RunProgressView:
        """A scoring run once it has finished; RunFailedError, WaitedTooLongError."""
        ends_at = time.monotonic() + seconds
        while True:
            found = self.run(run_id)
            watch(found)
            if found["state"] == "finished":
                return found
            if found["state"] in ENDED:
                raise RunFailedError(found)
            if time.monotonic() > ends_at:
                raise WaitedTooLongError(f"The run {run_id} is still {found['state']}")
            self._sleep(POLL_SECONDS)

    def runs(self, limit: int = 10) -> list[models.RunReport]:
        """The last runs with their models, backtests and warnings."""
        found = self.request("GET", "/retention/model", params={"limit": limit})
        return cast("list[models.RunReport]", found["runs"])


def quoted(text: str) -> str:
    """A segment of a path."""
    return quote(text, safe="")


def _if_match(tag: str | None) -> Mapping[str, str]:
    return {} if tag is None else {"If-Match": tag}


def _campaign(campaign_id: str) -> str:
    return f"/retention/campaigns/{quoted(campaign_id)}"
