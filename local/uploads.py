"""This machine's stand-in for S3: takes files by the forms that `POST /uploads` gives."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, request

from succotash.domain.repositories.uploads import LARGEST_UPLOAD
from succotash.errors import NotFoundError
from succotash.infrastructure.files.uploads import PATH, Permit


def take_uploads(app: Flask, folder: Path) -> None:
    """Let the application take files into the folder, as S3 answers them."""

    def take_upload() -> Response:
        request.max_content_length = LARGEST_UPLOAD
        given = request.files.get("file")
        if given is None:
            return _refusal(400, "InvalidArgument", "POST requires exactly one file upload")
        try:
            permit = Permit.find(folder, request.form.get("key", ""), datetime.now(UTC))
        except NotFoundError:
            return _refusal(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        with tempfile.TemporaryDirectory(dir=permit.target.parent) as scratch:
            uploaded = Path(scratch) / "file"
            given.save(uploaded)
            if not uploaded.stat().st_size:
                return _refusal(400, "EntityTooSmall", "The file is empty")
            permit.use(uploaded)
        return Response(status=204)

    app.add_url_rule(PATH, "take_upload", take_upload, methods=["POST"])


def _refusal(status: int, code: str, message: str) -> Response:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(text, status, content_type="application/xml")
