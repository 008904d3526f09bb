"""The demo's campaigns that begin now, and invented addresses for some of the customers.

The purchases name nobody, so every tenth customer has an address at example.com, and three
in four of those agree to be written to.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from succotash.domain.values import Json

ADDRESSED = 10
"""Every so many of the customers have an address."""
SILENT = 40
"""Every so many have one and never agreed."""
CONSENT_TEXT = "Yes, tell me about new releases."

CAMPAIGNS: Sequence[tuple[dict[str, Json], bool]] = (
    (
        {
            "name": "We kept your shelf",
            "description": "A personal list of new releases for customers who slip away.",
            "audience": {
                "all": [
                    {"field": "risk_level", "operator": "=", "value": "high"},
                    {"field": "value_at_risk", "operator": ">=", "value": "5.00"},
                ]
            },
            "message": {
                "subject": "{{ first_name | Hello }}, we kept your shelf",
                "text": "New releases in what you like are waiting.\n\n"
                "No more of these: {{ unsubscribe_url }}\n",
                "html": "<p>New releases in what you like are waiting.</p>"
                '<p><a href="{{ unsubscribe_url }}">No more of these</a></p>',
            },
            "budget": {"cost_per_message": "0.02", "total": "25.00"},
            "frequency_cap": {"messages": 2, "days": 14},
            "holdout_share": 0.3,
        },
        True,
    ),
    (
        {
            "name": "Second record at half price",
            "description": "For those who came once and did not return.",
            "audience": {"all": [{"field": "purchases", "operator": "=", "value": 1}]},
            "message": {
                "subject": "Your second record at half price",
                "text": "{{ first_name | Hello }}, take a second record for half its price.\n\n"
                "No more of these: {{ unsubscribe_url }}\n",
            },
            "budget": {"cost_per_message": "0.02", "total": "0.50"},
            "quiet_hours": {"starts": "21:00", "ends": "08:00"},
        },
        False,
    ),
)
"""Campaigns, and whether they are activated."""
CAMPAIGN_RUNS = timedelta(days=90)


def address_of(number: str) -> str | None:
    """The invented address of a customer of the sample; None for most."""
    return None if int(number) % ADDRESSED else f"cdnow-{number}@example.com"


def consenting(customers: int) -> Iterator[str]:
    """The sample's first customers, by id, who consent to messages."""
    for number in range(ADDRESSED, customers + 1, ADDRESSED):
        if number % SILENT:
            yield f"cdnow-{number:04d}"
