"""Style sheets, icons and scripts, under addresses that change when their contents do."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

WEB = Path(__file__).parent / "web"
_FOREVER = "public, max-age=31536000, immutable"
_WORTH_PACKING = ("text/", "application/json", "image/svg+xml")
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/json"}

router = APIRouter(prefix="/static", include_in_schema=False)


@dataclass(frozen=True)
class Asset:
    """A file of the web folder."""

    content: bytes
    media_type: str

    @cached_property
    def packed(self) -> bytes | None:
        """Return the content gzipped, if that pays."""
        if not self.media_type.startswith(_WORTH_PACKING):
            return None
        return gzip.compress(self.content, 9, mtime=0)


@cache
def web_files() -> dict[str, Asset]:
    """Return all files of the web folder by their path in it."""
    return {
        path.relative_to(WEB).as_posix(): Asset(path.read_bytes(), _media_type(path))
        for path in sorted(WEB.rglob("*"))
        if path.is_file()
    }


@cache
def release() -> str:
    """Return the hash of all web files; modules may so import each other by relative paths."""
    digest = hashlib.sha256()
    for name, asset in web_files().items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(asset.content).digest())
    return digest.hexdigest()[:12]


def asset(name: str) -> str:
    """Return the address of a web file for pages."""
    return f"/static/{release()}/{name}"


@router.get("/{wanted_release}/{name:path}")
async def web_file(request: Request, wanted_release: str, name: str) -> Response:
    """Serve a web file; the current release may be kept for good."""
    found = web_files().get(name)
    if found is None:
        return Response(status_code=404)
    headers = {"Vary": "Accept-Encoding"}
    headers["Cache-Control"] = _FOREVER if wanted_release == release() else "no-cache"
    if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.packed, headers=headers, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)


def _media_type(path: Path) -> str:
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return guessed or "application/octet-stream"
