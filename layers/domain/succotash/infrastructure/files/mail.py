"""E-mails as files that every mail program opens."""

from datetime import datetime
from pathlib import Path
from typing import override
from uuid import uuid4

from succotash.domain.mails import Mail
from succotash.domain.repositories.delivery import MailRefusedError, PostOffice
from succotash.infrastructure.mime import mime
from succotash.infrastructure.private_files import make_private_file, make_private_folder


class MailFolder(PostOffice):
    """Puts each e-mail into a folder, as an .eml file whose name begins with its time.

    Nobody but the owner reads either.
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
