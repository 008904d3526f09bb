"""E-mails as they travel: headers by the standard library, which lets no line into another."""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from succotash.domain.messages.mails import Mail
from succotash.domain.repositories.delivery import MailRefusedError

UNFOLDED = SMTP.clone(max_line_length=998)
"""The longest line of RFC 5322: a long address would be folded into encoded words."""


def mime(mail: Mail, sender: str, at: datetime) -> bytes:
    """The e-mail from `sender` (`Name <address>` or an address), as text and as HTML.

    MailRefusedError where an address is none, or a header would hold a line break.
    """
    message = EmailMessage(policy=UNFOLDED)
    try:
        name, address = parseaddr(sender)
        message["From"] = Address(display_name=name, addr_spec=address)
        message["To"] = [Address(addr_spec=_ascii(each)) for each in mail.to]
        if mail.reply_to is not None and (answer_to := _in_ascii(mail.reply_to)):
            message["Reply-To"] = Address(addr_spec=answer_to)
        message["Subject"] = mail.subject
        message["Date"] = at
        if mail.message_id is not None:
            message["Message-ID"] = f"<{mail.message_id}@{address.rpartition('@')[2]}>"
        if mail.unsubscribe_url is None:
            message["Auto-Submitted"] = "auto-generated"
        else:
            ways = [f"<{mail.unsubscribe_url}>"]
            if mail.unsubscribe_inbox is not None:
                inbox = quote(_ascii(mail.unsubscribe_inbox), safe="@")
                ways.append(f"<mailto:{inbox}?subject=unsubscribe>")
            message["List-Unsubscribe"] = ", ".join(ways)
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(mail.text)
        if mail.html:
            message.add_alternative(mail.html, subtype="html")
        return message.as_bytes()
    except (MessageError, ValueError, IndexError):
        # The parser of addresses raises IndexError for some that end too early.
        raise MailRefusedError("not a sendable e-mail") from None


def _in_ascii(address: str) -> str | None:
    """The address as every mail server takes it; None where its local part is not in ASCII."""
    try:
        return validate_email(address, check_deliverability=False).ascii_email
    except EmailNotValidError:
        raise MailRefusedError("not an e-mail address") from None


def _ascii(address: str) -> str:
    written = _in_ascii(address)
    if written is None:
        raise MailRefusedError("SES does not accept the address")
    return written
