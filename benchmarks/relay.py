"""The relay with messages of a campaign, on PostgreSQL, against a bare loop over the same stub.

Run from the project's root: `python -m benchmarks.relay [MESSAGES]`; 2,000 by default. A real
server is started for it. The stub stands for the queue of deliveries: it takes ten
jobs at a time, and as long for each ten as SQS takes within its region.
"""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import override

from succotash.application.campaigns.rules import CampaignRules
from succotash.application.intake.unsubscriptions import Unsubscriptions
from succotash.application.messages.mail_composition import MailComposition
from succotash.application.messages.member_messages import MemberMessages
from succotash.application.messages.outbox_relay import Channels, OutboxRelay
from succotash.domain.campaigns.campaigns import CampaignStatus, RetentionCampaign
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.campaigns.templates import MessageTemplate
from succotash.domain.intake.signing import Signer
from succotash.domain.messages.delivery import DeliveryJob, DeliveryOutcome
from succotash.domain.messages.mails import Links
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.delivery import DeliveryQueue
from succotash.domain.values import CampaignId, uuid7
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

MESSAGES = 2_000
ANSWER_SECONDS = 0.02
"""Of SQS for ten messages."""
MOST_TIMES_BARE = 1.5
AT = datetime(2026, 1, 1, tzinfo=UTC)
FILL = (
    """
    INSERT INTO campaign_members (
        campaign_id, person_key, arm, state, assigned_at, dispatch_id, customer_id, canonical_email
    )
    SELECT
        'campaign', encode(sha256(n::text::bytea), 'hex'), 'treatment', 'queued', '2026-01-01',
        'dispatch', 'c' || n, 'person' || n || '@example.com'
    FROM generate_series(1, {messages}) AS numbers (n)
    """,
    """
    INSERT INTO outbox (message_id, kind, occurred_at, subject_id, payload, due_at)
    SELECT
        person_key, 'campaign.message', assigned_at, person_key,
        '{{"campaign_id": "campaign"}}', assigned_at
    FROM campaign_members
    """,
    """
    INSERT INTO current_consents (canonical_email, purpose, said, said_at)
    SELECT 'person' || n || '@example.com', 'marketing', 'granted', '2025-01-01'
    FROM generate_series(1, {messages}) AS numbers (n)
    """,
    "VACUUM ANALYZE",
)


class Stub(DeliveryQueue):
    """Takes jobs, ten at a time."""

    def __init__(self) -> None:
        self.jobs: list[DeliveryJob] = []

    @override
    def hand_over(self, jobs: Sequence[DeliveryJob]) -> list[DeliveryOutcome]:
        for batch in batched(jobs, 10, strict=False):
            time.sleep(ANSWER_SECONDS)
            self.jobs += batch
        return []


def campaign() -> RetentionCampaign:
    """One with a message of some sentences."""
    text = "Hello {{ first_name | there }},\n\n" + "We kept your shelf. " * 40
    html = "<p>Hello {{ first_name | there }}</p>" + "<p>We kept your shelf.</p>" * 40
    definition = CampaignDefinition(message=MessageTemplate("We kept your shelf", text, html))
    return RetentionCampaign(
        CampaignId("campaign"),
        "Come back",
        AT,
        AT,
        status=CampaignStatus.ACTIVE,
        ends_at=AT + timedelta(days=90),
        definition=definition,
    )


def relay_of(storage: PostgresStorage, queue: DeliveryQueue) -> OutboxRelay:
    """A relay as a deployment has it."""
    tombstones = Tombstones(lambda: ("a key of sixteen characters",))
    signer, links = Signer("benchmark", ["a key of signatures"]), Links("https://api.example.com")
    tokens = Unsubscriptions(storage, lambda: AT, uuid7, lambda: signer, tombstones)
    channels = Channels(
        queue,
        publishes=True,
        mails=MailComposition(storage.repositories.forms, links, lambda: signer),
        tombstones=tombstones,
        mails_per_recipient=5,
        members=MemberMessages(CampaignRules(tombstones=tombstones), links, tokens.token),
    )
    return OutboxRelay(storage, lambda: AT, channels)


def main(messages: int, server: PostgresServer) -> int:
    """Print what was measured; 1 where it is more than it may be."""
    with server.new_database() as name:
        migrate(server.url(name))
        settings = ConnectionSettings(
            host=server.host,
            port=server.port,
            database=name,
            user=server.user,
            password=fixed_password(server.password),
            sslmode=SslMode.DISABLE,
        )
        storage = PostgresStorage(settings, PoolLimits(maximum=1))
        try:
            storage.repositories.retention.save_retention_campaign(campaign())
            with server.connect(name) as connection:
                for each in FILL:
                    connection.run(each.format(messages=messages))
            stub = Stub()
            started = time.perf_counter()
            report = relay_of(storage, stub).run()
            whole = time.perf_counter() - started
        finally:
            storage.close()
    if report["handed_over"] != messages:
        raise AssertionError("a message is missing")
    started = time.perf_counter()
    Stub().hand_over(stub.jobs)
    bare = time.perf_counter() - started
    print(f"{messages:,} messages: {whole:.2f} s, {whole / bare:.2f} times the bare {bare:.2f} s")
    return int(whole / bare > MOST_TIMES_BARE)


if __name__ == "__main__":
    with folder_of_a_server() as folder, embedded_postgres(folder) as postgres:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else MESSAGES, postgres))
