"""The command `cleanplate`."""

import typer
from typer import rich_utils

from cleanplate_gateway.cli import (
    demo,
    exporting,
    importing,
    logs,
    measuring,
    notifying,
    passwords,
    reporting,
    scale,
    scale_sending,
    serving,
    tls,
    upkeep,
)
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.cli.verbs import Verb, Verbs

rich_utils.OPTIONS_PANEL_TITLE = _("Options")
rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
rich_utils.ERRORS_PANEL_TITLE = _("Error")
rich_utils.DEFAULT_STRING = _("[default: {}]")
rich_utils.ENVVAR_STRING = _("[env var: {}]")
rich_utils.REQUIRED_LONG_STRING = _("[required]")
rich_utils.ABORTED_TEXT = _("Aborted.")
rich_utils.RICH_HELP = _("Try [blue]'{command_path} {help_option}'[/] for help.")

app = typer.Typer(
    name="cleanplate",
    cls=Verbs,
    help=_("Cleanplate: a canteen that wastes less food, and can prove it."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _before_all() -> None:
    logs.quiet()  # stdout is for results; `serve` alone logs all it does


app.command(help=_("Show everything on a year of synthetic data, at http://127.0.0.1:8000."))(
    demo.demo
)
app.command(help=_("Run everything on the data that is there."))(serving.up)
app.command(help=_("Run one service or the gateway, for a container."))(serving.serve)
app.command("import", help=_("Read a table (CSV, XLSX) into the installation: all rows or none."))(
    importing.import_file
)
app.command(help=_("Bring every database to the newest schema."))(upkeep.migrate)
app.command(help=_("Examine databases, schemas, waiting events, disk and counters."))(upkeep.doctor)
app.command(help=_("Copy all databases as of one instant, also while Cleanplate runs."))(
    upkeep.backup
)
app.command(help=_("Put a backup back."))(upkeep.restore)
app.command(help=_("Give somebody who lost theirs a password for once."))(passwords.password)
app.command(help=_("Write each service's OpenAPI document (for developers)."))(upkeep.openapi)
reporting.report.command(
    help=_("Measure from a file how much less was wasted, and how sure that is.")
)(measuring.measure)
app.add_typer(reporting.forecast, name="forecast")
app.add_typer(reporting.report, name="report")
app.add_typer(exporting.export, name="export")
app.add_typer(notifying.notify, name="notify")
scale.scale.command(help=_("Send each stable weight of a serial scale to the ledger, once."))(
    scale_sending.send
)
scale.scale.command(help=_("Send the weights of scales behind an MQTT broker to the ledger."))(
    scale_sending.mqtt
)
scale.scale.command(help=_("Send what is left on each returned tray to the ledger, namelessly."))(
    scale_sending.trays
)
app.add_typer(scale.scale, name="scale")
app.add_typer(tls.tls, name="tls")
for group in (
    app,
    reporting.forecast,
    reporting.report,
    exporting.export,
    notifying.notify,
    scale.scale,
    tls.tls,
):
    for command in group.registered_commands:
        command.cls = Verb


def main() -> None:
    """Run the command."""
    app(prog_name="cleanplate")
