"""`cleanplate tls`: HTTPS in a canteen's own network, without a certificate from outside."""

from typing import Annotated

import typer

from cleanplate_gateway.cli.options import Data, Json
from cleanplate_gateway.cli.output import refuse, say, say_json
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.cli.verbs import Verbs
from cleanplate_gateway.installation import Installation
from cleanplate_gateway.tls.addresses import is_host
from cleanplate_gateway.tls.certificates import fingerprint
from cleanplate_gateway.tls.folder import Made, Tls
from cleanplate_shared.clock import now

_SAID = {
    Made.AUTHORITY: _("Made a certificate authority and a certificate."),
    Made.SERVER: _("Made a new certificate; devices that trust the authority trust it too."),
    Made.NOTHING: _("The certificate is good; nothing was changed."),
}
tls = typer.Typer(cls=Verbs, help=_("HTTPS in the canteen's own network."), no_args_is_help=True)


@tls.callback()
def _group() -> None:
    """Keep `init` a verb of its own."""


@tls.command(help=_("Make a certificate authority and a certificate, or renew the certificate."))
def init(
    data: Data = None,
    host: Annotated[
        list[str] | None,
        typer.Option(help=_("A further name or address under which devices reach this computer.")),
    ] = None,
    *,
    renew: Annotated[
        bool, typer.Option("--renew", help=_("Make a new certificate in any case."))
    ] = False,
    as_json: Json = False,
) -> None:
    """Make what is missing; the authority that devices trust is never replaced."""
    for one in host or ():
        if not is_host(one):
            refuse(_("{text} is neither a name nor an address.", text=one))
    files = Tls.of(Installation.at(data).data)
    try:
        made = files.keep(now(), host or (), renew=renew)
        authority, ends = files.authority(), files.server().not_valid_after_utc
    except ValueError as error:
        refuse(unreadable(files, error))
    if as_json:
        say_json(
            {
                "made": made,
                "fingerprint": fingerprint(authority),
                "authority": str(files.authority_file),
                "hosts": files.hosts(),
                "valid_until": ends.isoformat(),
            }
        )
        return
    say(_SAID[made])
    say(_("Fingerprint  {text}  (SHA-256)", text=fingerprint(authority)))
    say(_("Authority    {file}", file=files.authority_file))
    say(_("Valid for    {hosts}", hosts=", ".join(files.hosts())))
    say(_("Valid until  {day}", day=ends.date().isoformat()))
    say(_("Start `cleanplate up --host 0.0.0.0` anew, and open /trust on each device."))


def unreadable(files: Tls, error: ValueError) -> str:
    """Return what to say of files that are not what Cleanplate wrote."""
    return _(
        "What is in {folder} cannot be used ({reason}). Put it back from a copy; or delete the"
        " folder, begin anew, and let every device trust the new authority.",
        folder=files.folder,
        reason=error,
    )
