"""What functions in containers are told about this machine's PostgreSQL."""

import json
from pathlib import Path

from local.containers import WITHOUT_AWS, write_container_settings


def test_containers_get_the_servers_settings_by_the_name_they_know_this_machine_by(
    tmp_path: Path,
) -> None:
    place = tmp_path / "containers.json"
    settings = {
        "SUCCOTASH_STORAGE": "postgres",
        "DB_HOST": "127.0.0.1",
        "DB_PORT": "40000",
        "DB_USER": "app_user",
        "DB_SECRET_ARN": "",
    }
    write_container_settings(place, settings)
    assert json.loads(place.read_text("utf-8")) == {
        "Parameters": {
            "DB_HOST": "host.docker.internal",
            "DB_IAM_AUTH": "false",
            "DB_PORT": "40000",
            "DB_SECRET_ARN": "",
            "DB_SSLMODE": "disable",
            "DB_USER": "app_user",
            **WITHOUT_AWS,
        }
    }


def test_the_file_with_the_password_is_its_owners_alone(tmp_path: Path) -> None:
    place = tmp_path / "containers.json"
    write_container_settings(place, {"DB_PASSWORD": "app_password"})
    assert place.stat().st_mode & 0o077 == 0
