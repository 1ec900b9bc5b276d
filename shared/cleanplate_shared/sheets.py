"""Importing tables over HTTP, with their templates: the same in every service."""

from typing import Annotated, Literal

from fastapi import File, Query, Response, UploadFile
from pydantic import BaseModel

from cleanplate_shared.errors import Conflict, refusals
from cleanplate_shared.tabular import FileRefused, RowsRefused, template

_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Sheet = Annotated[UploadFile, File(description="CSV (UTF-8 or GB18030) or XLSX")]
DryRun = Annotated[bool, Query(description="say what would happen, and change nothing")]
SheetFormat = Annotated[Literal["csv", "xlsx"], Query(alias="format")]
SHEET_REFUSALS = refusals(FileRefused, RowsRefused, Conflict)  # overtaken by another request


def template_answer(row_type: type[BaseModel], kind: str, sheet_format: str) -> Response:
    """Return an empty table with its header and one example row, as a download."""
    name = f"{kind}.{sheet_format}"
    return Response(
        template(row_type, name),
        media_type=_MEDIA_TYPES[sheet_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
