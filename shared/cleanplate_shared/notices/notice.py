"""What is said to somebody, in their language."""

from dataclasses import dataclass

_TITLE = 60
_BODY = 450  # with title and link below the 2,048 bytes that a WeCom bot takes, also in Chinese
_LINK = 300


@dataclass(frozen=True)
class Notice:
    """One notice, in the language of who reads it.

    What is too long for the strictest channel is cut, and the cut shows as an ellipsis.

    Attributes:
        title: one line, at most 60 characters.
        body: plain text, at most 450 characters.
        link: the address of the page where something can be done about it.

    Raises:
        ValueError: neither title nor body; a link of more than 300 characters, or not of the web.
    """

    title: str
    body: str
    link: str | None = None

    def __post_init__(self) -> None:  # noqa: D105
        if self.link is not None and (
            len(self.link) > _LINK or not self.link.startswith(("https://", "http://"))
        ):
            raise ValueError("a link is an address of the web of at most 300 characters")
        if not (self.title.strip() or self.body.strip()):
            raise ValueError("a notice says something")
        object.__setattr__(self, "title", _cut(" ".join(self.title.split()), _TITLE))
        object.__setattr__(self, "body", _cut(self.body.strip(), _BODY))

    @property
    def text(self) -> str:
        """Return the body, or the title if there is none; the link on a line of its own."""
        said = self.body or self.title
        return f"{said}\n{self.link}" if self.link else said


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
