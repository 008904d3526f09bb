"""Wiring: the only place that knows every part. Importing it reads nothing and opens nothing."""

import importlib
import os
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from succotash.domain.values import Clock, Currency, IdFactory, system_clock, uuid7
from succotash.settings import Settings
from succotash.wiring.services import services_at

if TYPE_CHECKING:
    from succotash.application.campaigns.dispatch import CampaignDispatch
    from succotash.application.consents.consent_records import ConsentRecords
    from succotash.application.forms.views import FormView
    from succotash.application.intake.challenges import ChallengeIntake
    from succotash.application.intake.confirmations import Confirmations
    from succotash.application.intake.form_handler import FormHandler
    from succotash.application.intake.outage import OutageGuard
    from succotash.application.intake.queued_intake import QueuedIntake
    from succotash.application.intake.unsubscriptions import Unsubscriptions
    from succotash.application.leads.exports import ExportHandler
    from succotash.application.leads.scoring import LeadScoring
    from succotash.application.messages.deliveries import Deliveries
    from succotash.application.messages.delivery_worker import DeliveryWorker
    from succotash.application.messages.outbox_relay import OutboxRelay
    from succotash.application.messages.quarantine_digests import QuarantineDigests
    from succotash.application.people.people_handler import PeopleHandler
    from succotash.application.retention.overview import Overview
    from succotash.application.retention.retention_handler import RetentionHandler
    from succotash.application.scoring.churn_scoring import ChurnScoring
    from succotash.application.shops.files.uploads import Uploads
    from succotash.application.value.ltv_handler import LTVHandler
    from succotash.application.value.order_import import BulkImport
    from succotash.domain.intake.signing import Signer
    from succotash.domain.people.identities import Pseudonyms
    from succotash.domain.repositories.delivery import DeliveryQueue, RelayWaker
    from succotash.domain.repositories.exports import ExportStore
    from succotash.domain.repositories.forms import FormRepository
    from succotash.domain.repositories.ltv import LTVRepository
    from succotash.domain.repositories.objects import ObjectStore
    from succotash.domain.repositories.retention import RetentionRepository
    from succotash.domain.repositories.storage import Storage
    from succotash.domain.repositories.submission_queue import SubmissionQueue
    from succotash.infrastructure.files.mail import MailFolder
    from succotash.infrastructure.postgres.provisioning import SchemaMigration
    from succotash.wiring.connectors import Connectors
    from succotash.wiring.keys import KeyRing

# Each part is imported where it is first asked for, so that a function's cold start
# pays for its own use cases and for one storage only.


class Container:
    """One deployment's parts, each made when first asked for and then kept.

    Reading the settings is the first thing any part needs: SettingsError names a wrong one.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        clock: Clock = system_clock,
        new_id: IdFactory = uuid7,
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self._clock = clock
        self._new_id = new_id

    @cached_property
    def settings(self) -> Settings:
        """The settings of this deployment."""
        return Settings.from_environment(self._environment)

    @cached_property
    def storage(self) -> "Storage":
        """The storage that the settings name."""
        settings = self.settings
        match settings.storage:
            case "memory":
                from succotash.infrastructure.in_memory.storage import InMemoryStorage

                return InMemoryStorage()
            case "sqlite":
                from succotash.infrastructure.sqlite.storage import SQLiteStorage

                return SQLiteStorage(settings.sqlite_path, seed=settings.sqlite_seed)
            case "postgres":
                from succotash.wiring.postgres import postgres_storage

                return postgres_storage(settings)

    def get_form_handler(self) -> "FormHandler":
        """Use cases around forms."""
        from succotash.application.intake.form_handler import FormHandler
        from succotash.domain.intake.spam import TOKEN_PURPOSE

        return FormHandler(
            self.storage,
            self._clock,
            self._new_id,
            self._outage,
            tombstones=self.keys.tombstones,
            time_zone=self.settings.time_zone,
            tokens=lambda: self.signer(TOKEN_PURPOSE),
            deliveries=self._delivery_queue,
            waker=self.relay_waker,
        )

    @cached_property
    def _delivery_queue(self) -> "DeliveryQueue":
        from succotash.wiring.messages import delivery_queue

        return delivery_queue(self.settings, lambda: self._deliveries)

    @cached_property
    def _deliveries(self) -> "Deliveries":
        from succotash.wiring.messages import deliveries, mailer

        return deliveries(self.settings, mailer(self.settings, self._mail_folder))

    @cached_property
    def relay_waker(self) -> "RelayWaker":
        """Has the outbox relayed, after the COMMIT of what was written to it."""
        from succotash.wiring.messages import relay_waker

        return relay_waker(self.settings, self._clock)

    def now(self) -> datetime:
        """The time, by this container's clock."""
        return self._clock()

    def get_delivery_worker(self) -> "DeliveryWorker":
        """The worker that does the jobs of the queue of deliveries."""
        from succotash.wiring.messages import delivery_worker

        return delivery_worker(self.settings, self._deliveries)

    def get_queued_intake(self) -> "QueuedIntake":
        """The use case that takes submissions from their queue."""
        from succotash.application.intake.queued_intake import QueuedIntake

        links = self.get_unsubscriptions()
        return QueuedIntake(self.get_form_handler(), self._submission_queue, links)

    def get_unsubscriptions(self) -> "Unsubscriptions":
        """Links by which people get no more mails of campaigns."""
        from succotash.application.intake.unsubscriptions import Unsubscriptions
        from succotash.domain.intake.unsubscriptions import UNSUBSCRIBE_PURPOSE

        return Unsubscriptions(
            self.storage,
            self._clock,
            self._new_id,
            lambda: self.signer(UNSUBSCRIBE_PURPOSE),
            self.keys.tombstones,
            self._outage,
        )

    def get_consent_records(self) -> "ConsentRecords":
        """The use cases of consent, and of addresses that fail."""
        from succotash.application.consents.consent_records import ConsentRecords

        return ConsentRecords(self.storage, self._clock, self._new_id, self.keys.tombstones)

    @cached_property
    def _outage(self) -> "OutageGuard[FormView]":
        from succotash.application.intake.outage import OutageGuard

        return OutageGuard(self._submission_queue)

    @cached_property
    def _submission_queue(self) -> "SubmissionQueue | None":
        queue, failed = self.settings.parking_queue_url, self.settings.parking_failures_url
        return services_at(queue).submission_queue(queue, failed or queue) if queue else None

    def get_lead_scoring(self) -> "LeadScoring":
        """The rules by which leads are scored, and scoring all of them."""
        from succotash.application.leads.scoring import LeadScoring

        return LeadScoring(self.storage, self._clock)

    def get_export_handler(self) -> "ExportHandler":
        """Leads and submissions as CSV."""
        from succotash.application.leads.exports import ExportHandler

        return ExportHandler(
            self.storage,
            self._clock,
            self._new_id,
            self._export_store,
            self.settings.time_zone,
            self.keys.tombstones,
        )

    @cached_property
    def _export_store(self) -> "ExportStore | None":
        place = self.settings.exports
        return None if place is None else services_at(place).export_store(place)

    def get_people_handler(self) -> "PeopleHandler":
        """A person's rights."""
        from succotash.wiring.people import people_handler

        return people_handler(
            self.settings,
            self.storage,
            self._clock,
            self.keys,
            {
                "exports": self._export_store,
                "mails": self._mail_folder,
                "parked_submissions": self._submission_queue,
            },
        )

    def get_uploads(self) -> "Uploads":
        """Files of orders that are sent past the API."""
        from succotash.wiring.uploads import uploads

        return uploads(self.settings, self.storage, self._clock, self._new_id)

    def get_ltv_handler(self) -> "LTVHandler":
        """Use cases around value."""
        from succotash.application.value.ltv_handler import LTVHandler

        currency = Currency(self.settings.currency)
        return LTVHandler(self.storage, self._clock, currency, self.keys.tombstones)

    def get_retention_handler(self) -> "RetentionHandler":
        """Use cases around retention."""
        from succotash.wiring.campaigns import retention_handler

        return retention_handler(
            self.settings, self.storage, self._clock, self._new_id, self.keys, self.relay_waker
        )

    def get_campaign_dispatch(self) -> "CampaignDispatch":
        """The use case that assigns people to campaigns and hands their messages over."""
        from succotash.wiring.campaigns import campaign_dispatch

        return campaign_dispatch(
            self.settings, self.storage, self._clock, self._new_id, self.keys, self.relay_waker
        )

    def get_churn_scoring(self) -> "ChurnScoring":
        """The scheduled run; the only part that needs numpy and scipy."""
        from succotash.wiring.scoring import churn_scoring

        waker = self.relay_waker
        return churn_scoring(self.settings, self.storage, self._clock, self.pseudonyms, waker)

    def get_overview(self) -> "Overview":
        """The figures of a period, and what needs attention."""
        from succotash.wiring.overview import overview

        return overview(self.settings, self.storage, self._clock)

    def get_bulk_import(self, objects: "ObjectStore") -> "BulkImport":
        """Imports of files of orders from this store."""
        from succotash.wiring.order_files import bulk_import

        return bulk_import(self.settings, self.storage, objects, self._clock, self.keys)

    @cached_property
    def connectors(self) -> "Connectors":
        """The use cases that take events of shops, and record them."""
        from succotash.wiring.connectors import Connectors

        return Connectors(
            self.settings,
            self._clock,
            self.keys,
            lambda: self.storage,
            self.get_people_handler,
            lambda: self._export_store,
        )

    def signer(self, purpose: str) -> "Signer":
        """Signs for one purpose; see KeyRing."""
        return self.keys.signer(purpose)

    @property
    def pseudonyms(self) -> "Pseudonyms":
        """The pseudonyms of customers, in place of an address or a number."""
        return self.keys.pseudonyms

    @cached_property
    def keys(self) -> "KeyRing":
        """The keys of this deployment, and what they sign."""
        from succotash.wiring.keys import KeyRing

        return KeyRing(self.settings)

    def get_outbox_relay(self) -> "OutboxRelay":
        """The relay that delivers messages by the channels that are set."""
        from succotash.wiring.messages import outbox_relay

        return outbox_relay(
            self.settings,
            self.storage,
            self._clock,
            self._delivery_queue,
            self.relay_waker,
            keys=self.keys,
            token=self.get_unsubscriptions().token,
        )

    def get_challenge_intake(self) -> "ChallengeIntake":
        """The use case that settles submissions whose challenges were answered."""
        from succotash.application.intake.challenges import ChallengeIntake

        return ChallengeIntake(
            self.storage,
            self._clock,
            self._new_id,
            self._delivery_queue,
            self.relay_waker,
            self.keys.tombstones,
        )

    def get_quarantine_digests(self) -> "QuarantineDigests":
        """The use case that writes owners a daily digest of their quarantine."""
        from succotash.application.messages.quarantine_digests import QuarantineDigests

        return QuarantineDigests(self.storage, self._clock, self.settings.time_zone)

    def get_confirmations(self) -> "Confirmations":
        """The use case behind the links by which people confirm submissions."""
        from succotash.application.intake.confirmations import CONFIRMATION_PURPOSE, Confirmations

        forms = self.get_form_handler()
        return Confirmations(forms, forms, self.signer(CONFIRMATION_PURPOSE), self._clock)

    @cached_property
    def _mail_folder(self) -> "MailFolder | None":
        from succotash.wiring.messages import mail_folder

        return mail_folder(self.settings)

    def get_bucket(self, name: str) -> "ObjectStore":
        """The objects of a bucket of S3; of a folder of this machine for a `file:` and a path."""
        return services_at(name).objects(name)

    def get_form_repository(self) -> "FormRepository":
        """Forms and leads; each call is its own transaction."""
        return self.storage.repositories.forms

    def get_ltv_repository(self) -> "LTVRepository":
        """Orders and values; each call is its own transaction."""
        return self.storage.repositories.ltv

    def get_retention_repository(self) -> "RetentionRepository":
        """Activity, predictions and campaigns; each call is its own transaction."""
        return self.storage.repositories.retention

    def get_schema_migration(self) -> "SchemaMigration":
        """The migration that sets the database up, as the administrator."""
        from succotash.wiring.postgres import schema_migration

        return schema_migration(self.settings)

    def prepare(self) -> None:
        """Import what requests need, asking nobody anything; SettingsError where they would fail.

        What it makes is best forgotten by `renew` before the process is copied.
        """
        self.get_form_handler()
        self.get_lead_scoring()
        self.get_export_handler()
        self.get_people_handler()
        self.get_ltv_handler()
        self.get_retention_handler()
        self.get_overview()
        importlib.import_module("disposable_email_domains")
        importlib.import_module("email_validator")
        if self.settings.db_secret_arn is not None:
            importlib.import_module("boto3")

    def renew(self) -> None:
        """Close what is open and forget every part, with its secrets, clocks and random keys.

        All of it is made again when it is next asked for.
        """
        self.close()
        for name in list(vars(self)):
            if isinstance(getattr(type(self), name, None), cached_property):
                delattr(self, name)

    def close(self) -> None:
        """Release what the storage holds; the container may be used again."""
        if "storage" in self.__dict__:
            self.storage.close()


container = Container()
"""This process's container, by its environment."""
