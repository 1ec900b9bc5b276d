"""The language of the command line: that of the terminal, from the same catalogue as the pages."""

import os
from typing import Any

from cleanplate_shared.i18n import DEFAULT, Locale, Message


def locale_of(environment: dict[str, str]) -> Locale:
    """Return the language that a terminal's environment asks for; Chinese if it does not say."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name, ""):
            return "en" if value.startswith(("en", "C", "POSIX")) else DEFAULT
    return DEFAULT


LOCALE: Locale = locale_of(dict(os.environ))


def _(text: str, /, **params: Any) -> str:  # noqa: ANN401
    """Return a sentence in the terminal's language."""
    return Message(text, params).in_(LOCALE)
