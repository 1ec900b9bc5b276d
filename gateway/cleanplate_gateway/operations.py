"""Health, readiness and metrics of the whole, as the front door sees it."""

import asyncio

import httpx
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from starlette.responses import JSONResponse

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """Say that this process runs."""
    return {"service": "gateway", "status": "ok"}


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """Say whether every service is ready."""
    peers: dict[str, httpx.AsyncClient] = request.app.state.peers
    states = await asyncio.gather(*[_is_ready(peer) for peer in peers.values()])
    services = {
        name: "ok" if ready else "not ready" for name, ready in zip(peers, states, strict=True)
    }
    body = {"service": "gateway", "status": "ok" if all(states) else "not ready"}
    return JSONResponse({**body, "services": services}, 200 if all(states) else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Return the gateway's own figures; each service has its own."""
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")


async def _is_ready(peer: httpx.AsyncClient) -> bool:
    try:
        return (await peer.get("/readyz")).is_success
    except httpx.HTTPError:
        return False
