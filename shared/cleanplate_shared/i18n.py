"""Two languages from one catalogue: Chinese first, English in the source.

A sentence is written once, in English, where it is needed: `msg("...")` in code and `_("...")`
in templates. `locale/zh.po` holds the Chinese; a test fails when one is missing. Where English
counts, `{seats} {seats:seat|seats}` has the word for one and for any other number; Chinese has one
word for both, so its sentence has `{seats}` alone.
"""

import io
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from fastapi import Depends, Request

Locale = Literal["zh", "en"]
DEFAULT: Locale = "zh"


class _Writer(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401
        one, is_counted, others = format_spec.partition("|")
        if is_counted:
            return one if value == 1 else others
        return str(super().format_field(value, format_spec))


_WRITER = _Writer()


@dataclass(frozen=True)
class Message:
    """A sentence that is put into a language when it is shown."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def in_(self, locale: Locale) -> str:
        """Return the sentence in `locale`, with its parameters filled in."""
        params = {
            key: value.in_(locale) if isinstance(value, Message) else value
            for key, value in self.params.items()
        }
        text = translations(locale).gettext(self.text)
        write = _WRITER.format if "|" in text else str.format
        return write(text, **params) if params else text

    def __str__(self) -> str:  # noqa: D105
        return self.in_("en")


def msg(text: str, /, **params: Any) -> Message:  # noqa: ANN401
    """Mark `text` (English, `{named}` parameters) for translation."""
    return Message(text, params)


def negotiate(accept_language: str | None) -> Locale:
    """Return the best of our languages for an Accept-Language header; Chinese if none fits."""
    best: tuple[float, Locale] = (0.0, DEFAULT)
    for part in (accept_language or "").split(","):
        tag, _, weight = part.strip().partition(";q=")
        locale: Locale | None = "zh" if tag.lower().startswith("zh") else None
        if tag.lower().startswith("en"):
            locale = "en"
        if locale and _weight(weight) > best[0]:
            best = (_weight(weight), locale)
    return best[1]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


@cache
def translations(locale: Locale) -> NullTranslations:
    """Return the catalogue of `locale`; English is the source and needs none."""
    if locale == "en":
        return NullTranslations()
    source = (files("cleanplate_shared") / "locale" / f"{locale}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=locale))
    compiled.seek(0)
    return Translations(compiled)


async def _asked_for(request: Request) -> Locale:
    return negotiate(request.headers.get("accept-language"))


LocaleDep = Annotated[Locale, Depends(_asked_for)]
