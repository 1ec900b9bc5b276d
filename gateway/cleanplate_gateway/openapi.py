"""One OpenAPI document for all services, and pages to read it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.errors import Unavailable
from cleanplate_shared.i18n import msg

router = APIRouter(prefix="/api/v1", include_in_schema=False)
Document = dict[str, Any]
_REF = "#/components/schemas/"


@router.get("/openapi.json")
async def merged_document(request: Request) -> JSONResponse:
    """Return the document of the whole API."""
    peers: Mapping[str, httpx.AsyncClient] = request.app.state.peers
    try:
        answers = await asyncio.gather(
            *[peer.get(f"/api/v1/{name}/openapi.json") for name, peer in peers.items()]
        )
        documents = {
            name: answer.raise_for_status().json()
            for name, answer in zip(peers, answers, strict=True)
        }
    except httpx.HTTPError as error:
        raise Unavailable(msg("A service does not answer just now.")) from error
    return JSONResponse(merge(documents))


@router.get("/docs")
async def pages(request: Request) -> Response:
    """Show the document as pages."""
    return render(request, "api_docs.html")


def merge(documents: Mapping[str, Document]) -> Document:
    """Return one document of several.

    A schema that two services describe differently under one name gets its service's name in
    front; so do operation ids that two services share.
    """
    merged: Document = {
        "openapi": next(iter(documents.values()))["openapi"] if documents else "3.1.0",
        "info": {"title": "Cleanplate", "version": "1"},
        "paths": {},
        "components": {},
    }
    shared = _differing(documents)
    taken: set[str] = set()
    for service, document in documents.items():
        renamed = _renamed(service, document, shared)
        for path, item in renamed["paths"].items():
            for operation in item.values():
                _name(service, operation, taken)
            merged["paths"][path] = item
        for kind, parts in renamed.get("components", {}).items():
            merged["components"].setdefault(kind, {}).update(parts)
    return merged


def _differing(documents: Mapping[str, Document]) -> set[str]:
    """Return the names under which services differ, by themselves or by what they refer to."""
    schemas = [
        (name, json.dumps(schema, sort_keys=True))
        for document in documents.values()
        for name, schema in document.get("components", {}).get("schemas", {}).items()
    ]
    first = dict(reversed(schemas))
    differing = {name for name, written in schemas if first[name] != written}
    more = differing
    while more:
        quoted = {f'"{_REF}{name}"' for name in more}
        more = {name for name, text in schemas if any(one in text for one in quoted)} - differing
        differing |= more
    return differing


def _renamed(service: str, document: Document, names: set[str]) -> Document:
    """Return a copy in which the schemas `names` carry the service's name, and all references."""

    def new(name: str) -> str:
        return f"{service.capitalize()}{name}" if name in names else name

    def walk(node: Any) -> Any:  # noqa: ANN401
        if isinstance(node, list):
            return [walk(part) for part in node]
        if not isinstance(node, dict):
            return node
        copy = {key: walk(value) for key, value in node.items()}
        if isinstance(reference := node.get("$ref"), str) and reference.startswith(_REF):
            copy["$ref"] = _REF + new(reference.removeprefix(_REF))
        return copy

    copied: Document = walk(document)
    schemas = copied.get("components", {}).get("schemas", {})
    if schemas:
        copied["components"]["schemas"] = {new(name): part for name, part in schemas.items()}
    return copied


def _name(service: str, operation: Any, taken: set[str]) -> None:  # noqa: ANN401
    if not isinstance(operation, dict) or "operationId" not in operation:
        return
    if operation["operationId"] in taken:
        operation["operationId"] = f"{service}_{operation['operationId']}"
    taken.add(operation["operationId"])
    operation.setdefault("tags", [service])
