"""Reading PDFs back: their text, what they say of themselves, and whether each glyph is drawn."""

from io import BytesIO

from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream

_NOTHING = b"\0\0"


def opened(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in opened(pdf).pages)


def fonts_of(page: PageObject):
    """Return a page's fonts as dictionaries of the character-keyed kind."""
    fonts = page["/Resources"]["/Font"].values()
    return [font.get_object()["/DescendantFonts"][0].get_object() for font in fonts]


def glyphs_of(page: PageObject) -> list[bytes]:
    """Return the glyphs that a page draws, by their two bytes in the font."""
    found = []
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator in (b"Tj", b"TJ"):
            pieces = operands[0] if operator == b"TJ" else operands
            for piece in pieces:
                raw = getattr(piece, "original_bytes", b"")
                found += [raw[at : at + 2] for at in range(0, len(raw), 2)]
    return found


def holds_missing_glyphs(page: PageObject) -> bool:
    return _NOTHING in glyphs_of(page)
