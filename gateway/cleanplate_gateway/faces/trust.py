"""The page that helps a tablet trust this installation (/trust); open to anybody, also by HTTP."""

import segno
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Request
from starlette.responses import Response

from cleanplate_gateway.faces.rendering import render
from cleanplate_gateway.tls.certificates import fingerprint
from cleanplate_gateway.tls.trust import Trust

router = APIRouter(prefix="/trust", include_in_schema=False)


@router.get("")
async def show_trust(request: Request) -> Response:
    """Show the code to scan, the certificate to download, and the steps for each device."""
    trust: Trust | None = request.app.state.trust
    if trust is None:
        return render(request, "trust.html", trust=None)
    page = trust.page
    return render(
        request,
        "trust.html",
        trust=trust,
        code=segno.make(page, micro=False).svg_data_uri(scale=5, border=2) if page else None,
        fingerprint=fingerprint(trust.authority),
        is_plain=request.url.scheme == "http",
    )


@router.get("/ca.crt")
async def download_authority(request: Request) -> Response:
    """Return the authority's certificate (DER), which every device knows how to install."""
    trust: Trust | None = request.app.state.trust
    if trust is None:
        return Response(status_code=404)
    return Response(
        trust.authority.public_bytes(Encoding.DER),
        media_type="application/x-x509-ca-cert",
        headers={
            "Content-Disposition": 'attachment; filename="cleanplate-ca.crt"',
            "Cache-Control": "no-store",
        },
    )
