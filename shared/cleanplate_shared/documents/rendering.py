"""Makes a document: one template, one mapping of texts, one PDF."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import structlog

from cleanplate_shared.documents.fonts import UNSHOWN, shown
from cleanplate_shared.errors import TooLarge, Unavailable
from cleanplate_shared.i18n import Locale, msg

PDF = "application/pdf"
MOST_CHARACTERS = 1_000_000
_SECONDS_TO_PRINT = 60
_SECONDS_TO_WAIT = 5
_AT_ONCE = BoundedSemaphore(1)  # a long one takes most of a gibibyte
_PRINTER = (sys.executable, "-P", "-m", "cleanplate_shared.documents.printing")
_log = structlog.get_logger()


class DocumentTooLong(TooLarge, title=msg("Too long for a PDF; take the table instead")):
    """More text than a PDF is made of in a reasonable time."""


class PrintingFailed(RuntimeError):  # noqa: N818
    """The printing process ended without a document: a bug in a template."""


@dataclass(frozen=True)
class Document:
    """What is printed.

    Attributes:
        template: a file of Typst; `layout.typ` stands before it and says what it may use.
        title: of the file and on its first page.
        made_at: in the time zone of the reader; stands at the foot of each page.
        data: texts, numbers, lists and mappings; text is never read as markup.
    """

    template: Path
    title: str
    locale: Locale
    made_at: datetime
    data: Mapping[str, Any]


def render(document: Document) -> bytes:
    """Return the document as PDF/A-2a and PDF/UA-1, made by a process of its own.

    Raises:
        DocumentTooLong: more than MOST_CHARACTERS of text.
        Unavailable: others are being made, or this one takes too long.
    """
    task = {
        "template": document.template.read_text(encoding="utf-8"),
        "data": _data(document),
        "made_at": int(document.made_at.timestamp()),
    }
    asked = json.dumps(task, ensure_ascii=False)
    if len(asked) > MOST_CHARACTERS:
        raise DocumentTooLong
    if not _AT_ONCE.acquire(timeout=_SECONDS_TO_WAIT):
        raise Unavailable(msg("Other documents are being made."))
    try:
        return _print(asked.encode())
    finally:
        _AT_ONCE.release()


def _print(asked: bytes) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603  our own module; the task goes through a pipe
            _PRINTER, input=asked, capture_output=True, timeout=_SECONDS_TO_PRINT, check=False
        )
    except subprocess.TimeoutExpired as error:
        _log.warning("printing took too long", seconds=_SECONDS_TO_PRINT)
        raise Unavailable(msg("The document took too long.")) from error
    if done.returncode:
        raise PrintingFailed(done.stderr.decode(errors="replace"))
    return done.stdout


def _data(document: Document) -> dict[str, Any]:
    drawn = _shown(dict(document.data) | {"title": document.title})
    has_boxes = UNSHOWN in json.dumps(drawn, ensure_ascii=False)
    made = msg("Made on {when}", when=document.made_at.strftime("%Y-%m-%d %H:%M"))
    boxes = msg("{box} stands for a character that this document cannot show.", box=UNSHOWN)
    return {
        **drawn,
        "lang": document.locale,
        "made": made.in_(document.locale),
        "note": boxes.in_(document.locale) if has_boxes else None,
    }


def _shown(value: Any) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {key: _shown(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    return value
