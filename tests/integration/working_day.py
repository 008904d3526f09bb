"""Everything that functions do within a day, each by the database role of its kind."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import campaign_dispatch
import churn_scoring
import event_intake
import form_intake
import lead_queries
import lead_scoring
import outbox_relay
from local.demo import SCORED_AT, Answer, load, scheduled_event
from local.setup_postgres_db import Plan
from succotash.container import Container
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.consents.consents import ConsentOrigin, FailedAddress
from succotash.domain.values import SHARDS, CampaignId, Json, MessageId, system_clock
from succotash.infrastructure.files.objects import FolderObjectStore
from tests.builders import a_consent
from tests.contexts import Context
from tests.events import sample
from tests.http.gateway import Answered, Gateway
from tests.servers import PostgresServer


@dataclass(frozen=True)
class Office:
    """A database set up as for a deployment, and functions that log in to it as their kind."""

    server: PostgresServer
    plan: Plan
    containers: Mapping[str, Container]
    folder: Path


class Day:
    """Everything that functions do, and which routes were answered as they should be."""

    def __init__(self, office: Office) -> None:
        self._parts = office.containers
        self._folder = office.folder
        self._gateway = Gateway(containers=office.containers)
        self._campaign = ""
        self.answered: set[str] = set()

    def ask(self, route: str, path: str = "", **given: object) -> Answered:
        method, pattern = route.split(" ")
        answer = self._gateway.call(method, path or pattern, **given)
        assert answer.status < 400, (route, answer.body)
        self.answered.add(route)
        return answer

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        given = {} if body is None else {"json_body": body}
        answer = self._gateway.call(method, path, headers=headers, **given)
        return Answer(answer.status, answer.json)

    def forms(self) -> None:
        assert load(self.call, lambda _: None).orders
        form = {"title": "Fair", "double_opt_in": True, "spam": {"minimum_seconds": 0}}
        self.ask("PUT /forms/{form_id}", "/forms/fair", json_body=form)
        self.ask("GET /forms")
        self.ask("GET /forms/{form_id}", "/forms/fair")
        self.ask("GET /f/{form_id}", "/f/fair")
        self.ask("GET /f/{form_id}/thanks", "/f/fair/thanks")
        self.ask("GET /forms/{form_id}/token", "/forms/fair/token")
        self.ask("GET /health")
        page = self.ask("GET /", "/").body  # which `make dashboard` builds
        [file, *_] = re.findall(r"assets/([\w.-]+)", page)
        self.ask("GET /assets/{file}", f"/assets/{file}")
        for _ in range(2):  # the second time the first answer is given again
            self.ask(
                "POST /forms/{form_id}/submissions",
                "/forms/fair/submissions",
                json_body={"email": "eve@example.com"},
                headers={"idempotency-key": "once"},
            )
        self.relay()
        link = self.link()
        self.ask("GET /f/{form_id}/confirm", "/f/fair/confirm", query={"token": link})
        self.ask(
            "POST /f/{form_id}/confirm",
            "/f/fair/confirm",
            body=f"token={link}",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        spam = {"email": "robot@example.com", "_gotcha": "x"}
        self.ask("POST /forms/{form_id}/submissions", "/forms/default/submissions", json_body=spam)
        form_intake.intake(self._parts["form_intake"])(sample("form_intake.parked"), Context())
        found = self.ask("GET /forms/{form_id}/submissions", "/forms/default/submissions")
        trapped = next(x for x in found.json["submissions"] if x["state"] == "quarantined")
        place = f"/submissions/{trapped['submission_id']}"
        self.ask("GET /submissions/{submission_id}", place)
        self.ask("POST /submissions/{submission_id}/release", f"{place}/release")
        self.ask("GET /forms/{form_id}/submissions/export", "/forms/default/submissions/export")
        self.ask("GET /forms/analytics")
        self.ask("GET /openapi.json")

    def leads(self) -> None:
        [lead, *_] = self.ask("GET /leads").json["leads"]
        place = f"/leads/{lead['lead_id']}"
        self.ask("PATCH /leads/{lead_id}", place, json_body={"status": "contacted"})
        self.ask("GET /leads/{lead_id}", place)
        self.ask("GET /leads/export")
        self.ask("GET /leads/analytics")
        rules = self.ask("GET /leads/scoring-rules").json
        changed = {name: rules[name] for name in ("rules", "hot_total", "grades")}
        self.ask(
            "PUT /leads/scoring-rules", json_body=changed | {"hot_total": rules["hot_total"] - 1}
        )
        scored = lead_scoring.scoring(self._parts["lead_scoring"])(
            sample("lead_scoring.scheduled"), Context()
        )
        assert scored["scored"]
        self.ask("POST /leads/rescoring", json_body={})

    def orders(self) -> None:
        for name in ("orders", "activity"):
            event = sample(f"event_intake.{name}")
            self.ask(f"POST /{name}", body=event["body"], headers=event["headers"])
        for function, handler, name in (
            ("event_intake", event_intake.recording, "event_intake.shop_events"),
            ("lead_queries", lead_queries.answering, "lead_queries.shop_requests"),
        ):
            taken = handler(self._parts[function])(sample(name), Context())
            assert taken == {"batchItemFailures": []}
        place = self._folder / "orders.csv"
        place.write_text(
            "customer_id,order_id,ordered_at,amount,currency\n"
            "c,1,2024-05-06T12:00:00Z,10,USD\nc,2,2024-05-06T12:00:00Z,x,USD\n"
        )
        imports = self._parts["bulk_import"].get_bulk_import(FolderObjectStore())
        report = imports.run(str(place))
        assert (report["recorded"], report["rejected"]) == (1, 1)

    def scoring(self) -> None:
        score = churn_scoring.scoring(self._parts["churn_scoring"])
        for days in range(4, 0, -1):  # rows of superseded runs are dropped then
            event = scheduled_event(SCORED_AT - timedelta(days=days))
            plan = score(event | {"step": "plan"}, Context())
            run: dict[str, object] = {"run_id": plan["run_id"]}
            for shard in range(SHARDS):
                score(run | {"step": "score", "shard": shard}, Context())
            score(run | {"step": "finish"}, Context())
        score(scheduled_event(SCORED_AT - timedelta(hours=1)) | {"step": "plan"}, Context())
        score = churn_scoring.scoring(self._parts["days later"])  # that run was given up by then
        assert score(scheduled_event(SCORED_AT), Context())["customers"] > 2000

    def questions(self) -> None:
        self.ask("GET /ltv/analysis")
        [customer, *_] = self.ask("GET /ltv/customers").json["customers"]
        place = f"customers/{customer['customer_id']}"
        self.ask("GET /ltv/customers/{customer_id}", f"/ltv/{place}")
        self.ask("GET /retention/customers/{customer_id}", f"/retention/{place}")
        [segment, *_] = self.ask("GET /ltv/segments").json["segments"]
        rule = {name: segment[name] for name in ("name", "lower_quantile")}
        self.ask(
            "PUT /ltv/segments/{segment_id}",
            f"/ltv/segments/{segment['segment_id']}",
            json_body=rule,
        )
        costs = {"costs": {"google": "12.50"}}
        month = "/acquisition-costs/1998-06"
        self.ask("PUT /acquisition-costs/{month}", month, json_body=costs)
        self.ask("GET /acquisition-costs")
        self.ask("GET /ltv/sources")
        self.ask("GET /overview")
        [cohort, *_] = self.ask("GET /ltv/cohorts").json["cohorts"]
        self.ask("GET /ltv/distribution")
        self.ask("GET /ltv/cohorts/{cohort_id}", f"/ltv/cohorts/{cohort['cohort_id']}")
        for query in ("", "mode=unbounded", "origin=form", "origin=activity", "measure=revenue"):
            self.ask("GET /retention/cohorts", query=query)
        for route in ("analytics", "lifecycle", "customers", "model", "receipts"):
            self.ask(f"GET /retention/{route}")
        self.ask("POST /customers/search", json_body={"id": "customer_123"})
        self.ask("GET /customers/export")
        self.ask("POST /leads/search", json_body={"email": "nobody@example.com"})

    def campaigns(self) -> None:
        run = self.ask("POST /scoring/runs", json_body={}).json
        self.ask("GET /scoring/runs")
        self.ask("GET /scoring/runs/{run_id}", f"/scoring/runs/{run['run_id']}")
        permit = self.ask("POST /uploads", json_body={}).json
        place = self._parts["event_intake"].settings.order_files or ""
        files = self._parts["event_intake"].get_bucket(place)
        files.write(permit["upload"]["fields"]["key"], [b"order_id"])
        self.ask("GET /imports/{import_id}", permit["import_url"])
        campaign = {
            "name": "Spring",
            "audience": {"field": "purchases", "operator": ">=", "value": 0},
            "message": {"subject": "Hello {{ first_name | there }}", "text": "Come back"},
            "ends_at": "2998-01-01T00:00:00Z",
        }
        made = self.ask("POST /retention/campaigns", json_body=campaign).json
        place = self._campaign = f"/retention/campaigns/{made['campaign_id']}"
        self.ask("GET /retention/campaigns")
        self.ask("GET /retention/campaigns/{campaign_id}", place)
        self.ask("PATCH /retention/campaigns/{campaign_id}", place, json_body={"status": "active"})
        self.ask("GET /retention/campaigns/{campaign_id}/performance", f"{place}/performance")
        self.ask("POST /retention/campaigns/{campaign_id}/preview", f"{place}/preview")
        self.ask("POST /retention/campaigns/{campaign_id}/dispatch", f"{place}/dispatch")
        dispatch = campaign_dispatch.dispatching(self._parts["campaign_dispatch"])
        report = dispatch({"id": "d", "detail-type": "scoring.finished"}, Context(900_000))
        assert report["is_finished"]
        assert report["campaigns"][-1]["assigned"]
        draft = self.ask("POST /retention/campaigns", json_body={"name": "Autumn"}).json
        self.ask(
            "DELETE /retention/campaigns/{campaign_id}",
            f"/retention/campaigns/{draft['campaign_id']}",
        )

    def consents(self) -> None:
        offers = {"name": "offers", "label": "Send me offers.", "kind": "consent"}
        email = {"name": "email", "label": "E-mail", "kind": "email"}
        form = {"title": "Offers", "fields": [email, offers], "spam": {"minimum_seconds": 0}}
        self.ask("PUT /forms/{form_id}", "/forms/offers", json_body=form)
        reader = "reader@example.com"
        yes = {"email": reader, "offers": "yes"}
        self.ask("POST /forms/{form_id}/submissions", "/forms/offers/submissions", json_body=yes)
        intake = self._parts["form_intake"]
        link = f"/u/{intake.get_unsubscriptions().token(reader, CampaignId('spring'))}"
        form_type = {"content-type": "application/x-www-form-urlencoded"}
        self.ask("GET /u/{token}", link)
        self.ask("POST /u/{token}", link, body="from=all", headers=form_type)
        waiting = sample("form_intake.parked_unsubscription")
        assert form_intake.intake(intake)(waiting, Context()) == {"batchItemFailures": []}
        leads = self.ask("GET /leads").json["leads"]
        [lead] = [each["lead_id"] for each in leads if each["email"] == reader]
        no = {"consents": [{"purpose": "marketing", "state": "denied"}]}
        for kind, known in (("lead", lead), ("customer", "customer_123")):
            route, place = f"/{kind}s/{{{kind}_id}}/consents", f"/{kind}s/{known}/consents"
            self.ask(f"GET {route}", place)
            self.ask(f"PUT {route}", place, json_body=no)
        for function in ("outbox_relay", "lead_queries"):
            records = self._parts[function].get_consent_records()
            records.record_suppression(FailedAddress(reader, ConsentOrigin.BOUNCE, system_clock()))
        imported = a_consent("imported", email=reader, origin=ConsentOrigin.IMPORT)
        assert self._parts["bulk_import"].get_consent_records().record_consents([imported]) == 1

    def people(self) -> None:
        for email in ("eve@example.com", "morgan.reyes@example.com"):
            self.ask("POST /people/export", json_body={"email": email})
            self.ask("POST /people/erasures", json_body={"email": email})

    def relay(self) -> None:
        report = outbox_relay.relaying(self._parts["outbox_relay"])(
            {"id": "a", "put_back": True}, Context()
        )
        assert report["delivered"]

    def outcomes(self) -> None:
        [message_id, *_] = [
            str(mail["Message-ID"]).strip("<>").split("@")[0]
            for mail in self.mails()
            if mail["Subject"].startswith("Hello ")
        ]
        opened = {"message_id": message_id, "kind": "opened", "at": system_clock().isoformat()}
        report = self.ask(
            "POST /retention/campaigns/{campaign_id}/outcomes",
            f"{self._campaign}/outcomes",
            json_body={"outcomes": [opened]},
        )
        assert report.json["recorded"] == 1
        own, at = CampaignId(self._campaign.rpartition("/")[2]), system_clock()
        relay = self._parts["outbox_relay"]
        bounce = MemberOutcome(own, MessageId(message_id), OutcomeKind.BOUNCED, at)
        assert relay.get_retention_handler().record_reports([bounce]) == 1
        assert relay.get_retention_repository().pause_for_gone_webhook(own, at, at)

    def mails(self) -> Iterator[EmailMessage]:
        for place in (self._folder / "mail").glob("*.eml"):
            yield message_from_bytes(place.read_bytes(), policy=policy.default)

    def link(self) -> str:
        for mail in self.mails():
            body = mail.get_body(("plain",))
            if body and (found := re.search(r"token=(\S+)", body.get_content())):
                return found[1]
        raise AssertionError("nobody was sent a link")
