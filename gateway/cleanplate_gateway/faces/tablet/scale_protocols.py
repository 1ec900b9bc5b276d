"""How scales speak, for a page that reads one itself (Web Serial)."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from cleanplate_gateway.scales.protocols import Protocol, known, parse

router = APIRouter()


@router.get("/scale-protocols.json")
async def show_protocols() -> JSONResponse:
    """Return the protocols that come with Cleanplate; expressions as JavaScript writes them."""
    return JSONResponse([in_script(parse(text)) for text in known().values()])


def in_script(protocol: Protocol) -> dict[str, Any]:
    """Return a protocol as the pages read it."""
    said = protocol.model_dump(mode="json", exclude={"patterns"})
    patterns = [one.pattern.replace("(?P<", "(?<") for one in protocol.patterns]
    return said | {"patterns": patterns}
