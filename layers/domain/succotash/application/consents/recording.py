"""Recording consent: what a person said, and the suppressions that follow."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from succotash.domain.consents.consents import (
    LIFTED_BY,
    Consent,
    ConsentOrigin,
    ConsentState,
    Suppression,
    SuppressionReason,
)
from succotash.domain.people.erasures import SUPPRESSION, Tombstones, erased_at
from succotash.domain.repositories.storage import Repositories

REASONS = {
    ConsentOrigin.BOUNCE: SuppressionReason.BOUNCE,
    ConsentOrigin.COMPLAINT: SuppressionReason.COMPLAINT,
}
"""Why an address is not written to after a no; of other origins, because it was denied."""


def keep_consents(
    repositories: Repositories, tombstones: Tombstones, batch: Sequence[Consent]
) -> int:
    """Record consents, and suppress or free their addresses; how many were new.

    Within a transaction in which none of the people can be erased: it asked for their tombstones,
    or holds a submission of theirs. What an import says leaves suppressions as they are.
    """
    keyed = [
        each
        if each.address_key is not None
        else replace(each, address_key=address_key_of(tombstones, each.canonical_email))
        for each in batch
    ]
    recorded = repositories.consents.record_consents(keyed)
    for each in keyed:
        if each.origin is ConsentOrigin.IMPORT:
            continue
        keys = tombstones.of_suppression(each.canonical_email)
        if each.state is ConsentState.GRANTED:
            repositories.consents.lift_suppressions(
                keys, each.purpose, LIFTED_BY.get(each.origin, ()), each.occurred_at
            )
        elif holds_denied(repositories, each):
            reason = REASONS.get(each.origin, SuppressionReason.DENIED)
            repositories.consents.suppress(
                [Suppression(key, each.purpose, reason, each.occurred_at) for key in keys[:1]]
            )
    return recorded


def address_key_of(tombstones: Tombstones, canonical_email: str) -> str | None:
    """The digest by which suppressions know an address; None without a key."""
    return next(iter(tombstones.of_suppression(canonical_email)), None)


def key_of_addresses(tombstones: Tombstones) -> Callable[[str], str | None]:
    """The function that digests many addresses as `address_key_of` does one."""
    for blocks in tombstones.blocks(SUPPRESSION):
        return blocks.digest
    return lambda _: None


def holds_denied(repositories: Repositories, consent: Consent) -> bool:
    """Whether a no holds, or the mail service's word, after which no yes lifts anything."""
    if consent.origin in REASONS:
        return True
    current = repositories.consents.get_current_consents(consent.canonical_email)
    return any(
        each.purpose == consent.purpose and each.state is ConsentState.DENIED for each in current
    )


def without_erased(
    repositories: Repositories, tombstones: Tombstones, batch: Sequence[Consent]
) -> list[Consent]:
    """Drop consents from before the erasure of their person; nobody left is erased meanwhile."""
    made = {
        each: tombstones.of_person(each)
        for each in dict.fromkeys(consent.canonical_email for consent in batch)
    }
    erased = repositories.people.find_erased(
        {each for several in made.values() for each in several}
    )
    if not erased:
        return [*batch]
    since = {each: erased_at(several, erased) for each, several in made.items()}
    return [
        each
        for each in batch
        if (gone := since[each.canonical_email]) is None or each.occurred_at > gone
    ]
