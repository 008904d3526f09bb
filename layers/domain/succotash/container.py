"""Wiring: the only place that knows every part. Importing it reads nothing and opens nothing."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from succotash.domain.values import Clock, Currency, IdFactory, system_clock, uuid7
from succotash.settings import LOCAL_PASSWORD, Settings

if TYPE_CHECKING:
    from succotash.application.bulk_import import BulkImport
    from succotash.application.churn_scoring import ChurnScoring
    from succotash.application.form_handler import FormHandler
    from succotash.application.ltv_handler import LTVHandler
    from succotash.application.people_handler import PeopleHandler
    from succotash.application.retention_handler import RetentionHandler
    from succotash.domain.repositories.forms import FormRepository
    from succotash.domain.repositories.ltv import LTVRepository
    from succotash.domain.repositories.objects import ObjectStore
    from succotash.domain.repositories.retention import RetentionRepository
    from succotash.domain.repositories.storage import Storage
    from succotash.infrastructure.postgres.connection_settings import PasswordSource

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
                return _postgres_storage(settings)

    def get_form_handler(self) -> "FormHandler":
        """Use cases around forms."""
        from succotash.application.form_handler import FormHandler

        return FormHandler(self.storage, self._clock, self._new_id)

    def get_people_handler(self) -> "PeopleHandler":
        """A person's rights."""
        from succotash.application.people_handler import PeopleHandler

        return PeopleHandler(self.storage)

    def get_ltv_handler(self) -> "LTVHandler":
        """Use cases around value."""
        from succotash.application.ltv_handler import LTVHandler

        return LTVHandler(self.storage, self._clock, Currency(self.settings.currency))

    def get_retention_handler(self) -> "RetentionHandler":
        """Use cases around retention."""
        from succotash.application.retention_handler import RetentionHandler

        currency = Currency(self.settings.currency)
        return RetentionHandler(self.storage, self._clock, self._new_id, currency)

    def get_churn_scoring(self) -> "ChurnScoring":
        """The scheduled run; the only part that needs numpy and scipy."""
        from succotash.application.churn_scoring import ChurnScoring, ScoringSettings
        from succotash.domain.models.selection import Candidate
        from succotash.domain.risk import RiskRule

        settings = self.settings
        return ChurnScoring(
            self.storage,
            ScoringSettings(
                currency=Currency(settings.currency),
                time_zone=settings.time_zone,
                value_horizon_days=settings.value_horizon_days,
                churn_horizon_days=settings.churn_horizon_days,
                discount_rate=settings.discount_rate,
                margin=settings.margin,
                purchase_models=tuple(map(Candidate, settings.purchase_models.split(","))),
                risk_rule=RiskRule(
                    high_share=settings.risk_high_share,
                    low_share=settings.risk_low_share,
                    silent_from=settings.risk_silent_from,
                    gone_below=settings.risk_gone_below,
                ),
            ),
        )

    def get_bulk_import(self, objects: "ObjectStore") -> "BulkImport":
        """Imports of files of orders from this store."""
        from succotash.application.bulk_import import BulkImport
        from succotash.http.order_files import OrderFiles

        currency = Currency(self.settings.currency)
        return BulkImport(self.storage, objects, OrderFiles(currency), self._clock, currency)

    def get_bucket(self, name: str) -> "ObjectStore":
        """The objects of a bucket of S3."""
        from succotash.infrastructure.aws.objects import S3ObjectStore

        return S3ObjectStore(name)

    def get_form_repository(self) -> "FormRepository":
        """Forms and leads; each call is its own transaction."""
        return self.storage.repositories.forms

    def get_ltv_repository(self) -> "LTVRepository":
        """Orders and values; each call is its own transaction."""
        return self.storage.repositories.ltv

    def get_retention_repository(self) -> "RetentionRepository":
        """Activity, predictions and campaigns; each call is its own transaction."""
        return self.storage.repositories.retention

    def close(self) -> None:
        """Release what the storage holds; the container may be used again."""
        if "storage" in self.__dict__:
            self.storage.close()


def _postgres_storage(settings: Settings) -> "Storage":
    from succotash.infrastructure.postgres.connection_settings import (
        ConnectionSettings,
        SslMode,
        default_sslmode,
    )
    from succotash.infrastructure.postgres.pool import PoolLimits
    from succotash.infrastructure.postgres.storage import PostgresStorage

    connection = ConnectionSettings(
        host=settings.db_host,
        port=settings.db_port,
        database=settings.db_name,
        user=settings.db_user,
        password=_password_source(settings),
        sslmode=(
            default_sslmode(settings.db_host)
            if settings.db_sslmode is None
            else SslMode(settings.db_sslmode)
        ),
        sslrootcert=None if settings.db_sslrootcert is None else Path(settings.db_sslrootcert),
        connect_timeout=settings.db_connect_timeout,
        statement_timeout=settings.db_statement_timeout,
        lock_timeout=settings.db_lock_timeout,
        proxied=settings.db_proxy,
    )
    return PostgresStorage(connection, PoolLimits(maximum=settings.db_max_connections))


def _password_source(settings: Settings) -> "PasswordSource":
    from succotash.infrastructure.aws.passwords import IamToken, SecretPassword
    from succotash.infrastructure.postgres.connection_settings import fixed_password

    if settings.db_secret_arn is not None:
        return SecretPassword(settings.db_secret_arn)
    if settings.db_iam_auth:
        return IamToken(settings.db_host, settings.db_port, settings.db_user)
    return fixed_password(settings.db_password or LOCAL_PASSWORD)


container = Container()
"""This process's container, by its environment."""
