"""The printing process: a task as JSON comes in, a PDF goes out, and its memory with it."""

import json
import os
import sys
from pathlib import Path
from typing import Any

STANDARDS = ["a-2a", "ua-1"]  # archival and accessible: tagged, fonts and languages inside
_HERE = Path(__file__).parent


def main() -> None:
    """Print what standard input asks for to standard output; what fails is told on the third."""
    if hasattr(os, "nice"):
        os.nice(5)  # who registers is served first
    task = json.load(sys.stdin.buffer)
    sys.stdout.buffer.write(printed(task["template"], task["data"], task["made_at"]))


def printed(template: str, data: dict[str, Any], made_at: int) -> bytes:
    """Return the PDF of a template that begins with `layout.typ`.

    Raises:
        typst.TypstError: the template is wrong, or something in it is against the standards.
    """
    import typst  # noqa: PLC0415  the service itself never loads it

    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(_HERE / "fonts")],
    )
    layout = (_HERE / "layout.typ").read_text(encoding="utf-8")
    pdf = typst.Compiler(root=str(_HERE / "fonts"), font_paths=fonts).compile(
        input=f"{layout}\n{template}".encode(),
        format="pdf",
        sys_inputs={"data": json.dumps(data)},
        pdf_standards=STANDARDS,  # type: ignore[arg-type]
        timestamp=made_at,
    )
    assert isinstance(pdf, bytes)  # noqa: S101  a list is for pictures only
    return pdf


if __name__ == "__main__":
    main()
