"""What Lambda tells a function about the invocation."""

from typing import override

from aws_lambda_powertools.utilities.typing import LambdaContext


class Context(LambdaContext):
    """Of an invocation that has so much time left."""

    def __init__(self, milliseconds: int = 300_000) -> None:
        self.milliseconds = milliseconds

    @property
    @override
    def aws_request_id(self) -> str:
        return "request-of-a-test"

    @override
    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override] # static only there
        return self.milliseconds
