"""Where keys come from: a secret, or the settings themselves."""

from collections.abc import Callable, Sequence


def keys_of(secret_arn: str | None, listed: str) -> Callable[[], Sequence[str]]:
    """Gives the keys of the secret; without one, those that are listed with commas between."""
    if secret_arn is not None:
        from succotash.infrastructure.aws.token_keys import SecretKeys

        return SecretKeys(secret_arn)
    keys = tuple(listed.split(","))
    return lambda: keys
