import os
import socket
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def refusal(**settings: str) -> str:
    """What `python -m local.run` says when it cannot start."""
    done = subprocess.run(
        [sys.executable, "-m", "local.run"],
        cwd=PROJECT,
        env=os.environ | settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr.strip()


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = refusal(PORT=str(port))

    assert said.startswith(f"port {port} cannot be used")
    assert "\n" not in said


def test_a_port_that_is_no_port_is_one_sentence() -> None:
    assert refusal(PORT="http") == "PORT must be a number up to 65535"
    assert refusal(PORT="65536") == "PORT must be a number up to 65535"


def test_a_wrong_setting_is_named_before_anything_starts() -> None:
    said = refusal(CURRENCY="dollars", PORT="0")

    assert said.startswith("CURRENCY: ")
    assert "\n" not in said
