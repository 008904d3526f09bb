import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from local.functions import LocalFunction, LocalFunctions

MODULE = """
import time

running = 0


def handler(event, context):
    global running
    running += 1
    most = running
    time.sleep(0.002)
    most = max(most, running)
    running -= 1
    return {
        "event": event,
        "at_once": most,
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "arn": context.invoked_function_arn,
        "id": context.aws_request_id,
        "remaining": context.get_remaining_time_in_millis(),
    }


def broken(event, context):
    raise LookupError("nothing here")
"""


@pytest.fixture
def functions(tmp_path: Path) -> LocalFunctions:
    (tmp_path / "local_functions_example.py").write_text(MODULE)
    return LocalFunctions(
        [
            LocalFunction("Echo", tmp_path, "local_functions_example.handler", 512, 3),
            LocalFunction("Broken", tmp_path, "local_functions_example.broken", 512, 3),
        ]
    )


def test_a_function_is_told_what_lambda_would_tell_it(functions: LocalFunctions) -> None:
    answer = json.loads(functions.invoke("Echo", '{"a": 1}'))

    assert answer["event"] == {"a": 1}
    assert (answer["name"], answer["memory"]) == ("Echo", 512)
    assert answer["arn"].endswith(":function:Echo")
    assert 2_000 < answer["remaining"] <= 3_000


def test_every_invocation_has_an_id_of_its_own(functions: LocalFunctions) -> None:
    ids = {json.loads(functions.invoke("Echo", "{}"))["id"] for _ in range(3)}

    assert len(ids) == 3


def test_invocations_never_overlap(functions: LocalFunctions) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda number: functions.invoke("Echo", str(number)), range(40))

    found = [json.loads(answer) for answer in answers]
    assert {each["at_once"] for each in found} == {1}
    assert [each["event"] for each in found] == list(range(40))


def test_what_a_function_raises_escapes_and_the_next_invocation_works(
    functions: LocalFunctions,
) -> None:
    with pytest.raises(LookupError):
        functions.invoke("Broken", "{}")

    assert functions.invoke("Echo", "{}")


def test_while_somebody_is_alone_nobody_else_invokes_a_function(functions: LocalFunctions) -> None:
    happened: list[str] = []
    asking = Event()

    def ask() -> None:
        asking.set()
        functions.invoke("Echo", "{}")
        happened.append("another one was answered")

    with ThreadPoolExecutor(1) as executor:
        with functions.alone():
            asked = executor.submit(ask)
            assert asking.wait(10)
            functions.invoke("Echo", "{}")
            happened.append("who is alone was answered")
        asked.result()

    assert happened == ["who is alone was answered", "another one was answered"]
