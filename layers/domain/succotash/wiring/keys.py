"""Where keys come from: a secret, or the settings themselves."""

from collections.abc import Callable, Sequence


def keys_of(secret_arn: str | None, listed: str) -> Callable[[], Sequence[str]]:
    """Gives the keys of the secret; without one, those that are listed with commas between."""
    if secret_arn is not None:
        from succotash.infrastructure.aws.secrets import SecretReader

        secrets = SecretReader()
        return lambda: split_keys(",".join(secrets.values(secret_arn)))
    keys = split_keys(listed)
    return lambda: keys


def split_keys(listed: str) -> Sequence[str]:
    """Each key once, in the order given."""
    return tuple(dict.fromkeys(listed.split(",")))
