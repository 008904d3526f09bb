"""Services outside the storage: files of this machine, or services of AWS."""

from typing import TYPE_CHECKING, Protocol

from succotash.settings import FILE_SCHEME

if TYPE_CHECKING:
    from succotash.domain.repositories.delivery import EventBus
    from succotash.domain.repositories.exports import ExportStore
    from succotash.domain.repositories.objects import ObjectStore
    from succotash.domain.repositories.submission_queue import SubmissionQueue
    from succotash.domain.repositories.uploads import UploadStore


class Services(Protocol):
    """Makes what an address of its kind names."""

    def submission_queue(self, address: str, failures: str) -> "SubmissionQueue":
        """The queue in which submissions wait, and where it sets aside what fails."""

    def export_store(self, address: str) -> "ExportStore":
        """The place for large exports."""

    def objects(self, address: str) -> "ObjectStore":
        """The objects at the address."""

    def upload_store(self, address: str, server: str) -> "UploadStore":
        """The store that permits uploads; on this machine, of its own server."""

    def event_bus(self, address: str) -> "EventBus":
        """The bus that the outbox is relayed to."""


def services_at(address: str) -> Services:
    """The services of this machine for a `file:` and a path, those of AWS for anything else."""
    if address.startswith(FILE_SCHEME):
        from succotash.wiring import files

        return files
    from succotash.wiring import aws

    return aws
