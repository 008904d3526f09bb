"""Messages of campaigns as they are written for one member, for each way in which they leave."""

from dataclasses import dataclass

from succotash.domain.campaigns.members import Release
from succotash.domain.messages.mails import Mail
from succotash.domain.values import Json


@dataclass(frozen=True, slots=True)
class WrittenMessage:
    """The message as a member reads it."""

    release: Release
    subject: str
    text: str
    html: str
    """Empty for text alone."""
    unsubscribe_url: str

    def mail(self, inbox: str | None) -> Mail:
        """Write it as an e-mail; `inbox` takes answers, and e-mails that unsubscribe."""
        message_id = self.release.recipient.message_id
        return Mail(
            to=(self.release.canonical_email,),
            subject=self.subject,
            text=self.text,
            html=self.html,
            reply_to=inbox,
            unsubscribe_url=self.unsubscribe_url,
            message_id=message_id,
            tags={"campaign": self.release.campaign_id, "message": message_id},
            unsubscribe_inbox=inbox,
        )

    def document(self) -> dict[str, Json]:
        """For a program that sends it: docs/events/campaign_message.v1.json."""
        recipient = self.release.recipient
        return {
            "campaign_id": self.release.campaign_id,
            "customer_id": self.release.customer_id,
            "email": self.release.canonical_email,
            "first_name": recipient.first_name,
            "last_name": recipient.last_name,
            "company": recipient.company,
            "subject": self.subject,
            "text": self.text,
            "html": self.html or None,
            "unsubscribe_url": self.unsubscribe_url,
        }
