"""Query strings of the hosted pages."""

from typing import Annotated

from pydantic import ConfigDict, Field

from succotash.domain.intake.signing import LONGEST_TOKEN
from succotash.http.fields import Closed

Tag = Annotated[str, Field(max_length=500)]


class PageQuery(Closed):
    """Campaign parameters of the visit, for the submission. Others are ignored."""

    model_config = ConfigDict(extra="ignore")

    utm_source: Tag | None = None
    utm_medium: Tag | None = None
    utm_campaign: Tag | None = None
    utm_term: Tag | None = None
    utm_content: Tag | None = None
    campaign_id: Tag | None = None
    click_id: Tag | None = None
    gclid: Tag | None = None
    gbraid: Tag | None = None
    wbraid: Tag | None = None
    dclid: Tag | None = None
    fbclid: Tag | None = None
    msclkid: Tag | None = None
    ttclid: Tag | None = None
    li_fat_id: Tag | None = None
    twclid: Tag | None = None
    rdt_cid: Tag | None = None

    def attribution(self) -> dict[str, str]:
        """The attribution that goes with the submission."""
        given: dict[str, str | None] = self.model_dump()
        return {name: value for name, value in given.items() if value}


class ThanksQuery(Closed):
    """Nothing is asked. What programs add to addresses is passed over."""

    model_config = ConfigDict(extra="ignore")


class ConfirmationQuery(Closed):
    """The link's token. What programs add to links in e-mails is passed over."""

    model_config = ConfigDict(extra="ignore")

    token: Annotated[str, Field(max_length=LONGEST_TOKEN)] = ""
