"""Forms that pages post as multipart/form-data (RFC 7578): their fields, and no files."""

from collections.abc import Iterator

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from succotash.errors import NAME_SHOWN, InvalidInputError, MalformedRequestError, Violation
from succotash.http.reading import check_plain, read_text, require_few_fields

BOUNDARY_LIMIT = 70
"""The most characters that a boundary has (RFC 2046)."""


def read_multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Names and values in their order; the whole header is needed for its boundary.

    MalformedRequestError where it is not what it says; InvalidInputError names the parts that are
    files. A file input that was left empty is passed over: browsers send it all the same.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if not 1 <= len(boundary) <= BOUNDARY_LIMIT:
        raise MalformedRequestError("the content type has no valid boundary")
    pairs: list[tuple[str, str]] = []
    files: list[Violation] = []
    try:
        for segment, content in _parts(body, boundary):
            if segment.filename is None:
                pairs.append((segment.name, read_text(content)))
                require_few_fields(len(pairs), "the body")
            elif segment.filename or content:
                files.append(Violation(segment.name[:NAME_SHOWN], "file", "Files are not allowed"))
    except (MultipartError, UnicodeError, LookupError):
        raise MalformedRequestError("the body is not valid multipart/form-data") from None
    for name, value in pairs:
        check_plain(name)
        check_plain(value)
    if files:
        raise InvalidInputError(files)
    return pairs


def _parts(body: bytes, boundary: str) -> Iterator[tuple[MultipartSegment, bytes]]:
    """Every part with all of its content."""
    with PushMultipartParser(boundary, content_length=len(body), strict=True) as parser:
        segment: MultipartSegment | None = None
        content = bytearray()
        for event in (*parser.parse(body), *parser.parse(b"")):
            if isinstance(event, MultipartSegment):
                segment, content = event, bytearray()
            elif event:
                content += event
            elif segment is not None:
                yield segment, bytes(content)
                segment = None
