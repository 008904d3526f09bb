"""What the command says of campaigns, against the real handlers."""

from pathlib import Path

import httpx
import pytest

from succotash.domain.campaigns.campaigns import CampaignMetrics
from succotash_client.commands.main import run
from succotash_client.commands.session import Session
from succotash_client.credentials import FileStore
from tests.builders import a_campaign
from tests.http.gateway import Gateway


def test_what_nobody_reported_is_not_told_as_zero_percent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "memory"})
    gateway.container.storage.repositories.retention.save_retention_campaign(
        a_campaign("tea", metrics=CampaignMetrics(targeted=50, sent=40, clicked=10, bounced=1))
    )
    session = Session(
        {"SUCCOTASH_TOKEN": "verified"},
        FileStore(tmp_path / "credentials.json"),
        httpx.WSGITransport(app=gateway.wsgi),
    )

    assert run(["campaigns", "performance", "tea"], session) == 0

    said = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[:10])
    assert said == {
        "targeted": "50",
        "sent": "40",
        "delivered": "not reported",
        "opened": "not reported",
        "clicked": "25%",
        "converted": "not reported",
        "bounced": "2%",
        "unsubscribed": "none reported",
        "complained": "none reported",
        "revenue": "0.00 USD",
    }
