"""Health, readiness and metrics of the whole, as the front door sees it."""

import asyncio
from collections.abc import Iterable, Sequence

import httpx
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
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
    """Return the figures of the gateway, and of the services that run in this process."""
    state = request.app.state
    here = [state.peers[name].get("/metrics") for name in state.services_here]
    figures = [answer.text for answer in await asyncio.gather(*here)]
    figures.append(generate_latest(state.registry).decode())
    return Response(generate_latest(_Merged(figures)), media_type="text/plain; version=0.0.4")


class _Merged(CollectorRegistry):
    """Several expositions as one: a metric that several have is listed once, with all samples."""

    def __init__(self, figures: Sequence[str]) -> None:
        super().__init__()
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Return each metric once."""
        found: dict[str, Metric] = {}
        for text in self._figures:
            for metric in text_string_to_metric_families(text):
                merged = found.setdefault(metric.name, metric)
                if merged is not metric:
                    merged.samples.extend(metric.samples)
        return found.values()


async def _is_ready(peer: httpx.AsyncClient) -> bool:
    try:
        return (await peer.get("/readyz")).is_success
    except httpx.HTTPError:
        return False
