"""The parameters of `template.yaml`: what they are by default, and what they may be."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from samcli.yamlhelper import yaml_parse


class ParameterError(Exception):
    """A parameter is wrong; the sentence says how."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters as the template declares them."""

    declared: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of_template(cls, path: Path) -> Self:
        """The parameters of this template."""
        return cls(yaml_parse(path.read_text("utf-8"))["Parameters"])

    @staticmethod
    def read(text: str) -> dict[str, str]:
        """`Key=value ...`, with values quoted as in a shell where they hold spaces."""
        try:
            words = shlex.split(text)
        except ValueError:
            raise ParameterError("PARAMS has a quotation mark without another one") from None
        read: dict[str, str] = {}
        for word in words:
            name, equals, value = word.partition("=")
            if not (name and equals):
                raise ParameterError(f"PARAMS takes Key=value, not {word!r}")
            read[name] = value
        return read

    @property
    def defaults(self) -> dict[str, str]:
        """Values of those that nobody gives."""
        return {name: str(each.get("Default", "")) for name, each in self.declared.items()}

    def check(self, given: Mapping[str, str]) -> None:
        """ParameterError for a name or a value that CloudFormation would refuse much later."""
        for name, value in given.items():
            if name not in self.declared:
                raise ParameterError(f"Unknown parameter: {name}")
            _check_value(name, value, self.declared[name])


def _check_value(name: str, value: str, declared: Mapping[str, Any]) -> None:
    allowed = [str(each) for each in declared.get("AllowedValues", ())]
    if allowed and value not in allowed:
        raise ParameterError(f"{name} must be one of {', '.join(allowed)}")
    pattern = declared.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        raise ParameterError(f"{name} must match {pattern}")
    if declared["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            raise ParameterError(f"{name} must be a number") from None
        low, high = declared.get("MinValue", number), declared.get("MaxValue", number)
        if not low <= number <= high:
            raise ParameterError(f"{name} must be between {low} and {high}")
