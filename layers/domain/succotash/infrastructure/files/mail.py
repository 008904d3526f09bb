"""E-mails as files that every mail program opens."""

from collections.abc import Callable, Iterator
from datetime import datetime
from email import message_from_bytes
from email.policy import SMTP
from html import unescape
from pathlib import Path
from typing import override
from uuid import uuid4

from succotash.domain.messages.mails import Mail
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.delivery import Mailer, MailRefusedError
from succotash.domain.repositories.erasable import Erasable, Forgotten
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.mime import mime
from succotash.infrastructure.private_files import make_private_file, make_private_folder


class MailFolder(Mailer, Erasable):
    """Puts each e-mail into a folder, as an .eml file whose name begins with its time.

    Nobody but the owner reads either. A person is erased from it by the e-mails that name them.
    """

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    @override
    def send(self, mail: Mail, at: datetime) -> None:
        content = mime(mail, self._sender, at)
        name = f"{at:%Y%m%dT%H%M%S}-{uuid4().hex[:12]}"
        try:
            make_private_folder(self._folder)
            written = self._folder / f"{name}.part"
            make_private_file(written)
            written.write_bytes(content)
            written.rename(self._folder / f"{name}.eml")
        except OSError:
            raise MailRefusedError("the folder cannot be written to") from None

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        removed = 0
        try:
            for file in self._folder.glob("*.eml"):
                if not has_time():
                    return Forgotten(removed, is_complete=False)
                if any(person.is_named_in(each) for each in _texts(file.read_bytes())):
                    file.unlink(missing_ok=True)
                    removed += 1
        except OSError as error:
            raise StorageUnavailableError(
                f"the folder of e-mails cannot be used ({error.strerror})"
            ) from None
        return Forgotten(removed)


def _texts(content: bytes) -> Iterator[str]:
    """Headers and parts of an e-mail, as their reader sees them."""
    message = message_from_bytes(content, policy=SMTP)
    yield from map(str, message.values())
    for part in message.walk():
        if part.get_content_maintype() == "text":
            yield unescape(part.get_content())
