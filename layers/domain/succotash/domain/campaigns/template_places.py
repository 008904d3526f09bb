"""Finds the places of fields in a template's HTML."""

from html.parser import HTMLParser
from re import Pattern
from typing import override

_NOT_TEXT = frozenset({"script", "style", "title", "textarea"})


class TemplatePlaces(HTMLParser):
    """Tells text between tags, and attributes that are a field alone, from everything else."""

    def __init__(self, field: Pattern[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self._field = field
        self._within = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _NOT_TEXT:
            self._within = tag
        written = self.get_starttag_text() or ""
        for _, value in attrs:
            is_whole = value is not None and self._field.fullmatch(value) is not None
            if value is not None and is_whole and f'"{value}"' in written:
                self.attributes.append(value)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == self._within:
            self._within = ""

    @override
    def handle_data(self, data: str) -> None:
        if not self._within:
            self.texts.append(data)
