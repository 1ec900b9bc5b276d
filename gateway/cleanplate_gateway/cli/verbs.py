"""What goes wrong outside Cleanplate becomes one sentence: files, folders, databases."""

import errno
from typing import Any

import typer
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from typer.core import TyperCommand, TyperGroup

from cleanplate_gateway.cli.output import refuse
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.installation import HeldError

_FOLDER_EXPECTED = _("a folder of that name cannot be made or used")
_SAID = {
    errno.ENOENT: _("there is no such file or folder"),
    errno.EISDIR: _("that is a folder"),
    errno.ENOTDIR: _FOLDER_EXPECTED,
    errno.EEXIST: _FOLDER_EXPECTED,
    errno.EACCES: _("no permission"),
    errno.EPERM: _("no permission"),
    errno.EROFS: _("it cannot be written to"),
    errno.ENOSPC: _("no space is left on the disk"),
}


class Verb(TyperCommand):
    """One command; its own help speaks the terminal's language."""

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401
        """Return `--help`."""
        return _translated(super().get_help_option(ctx))


class Verbs(TyperGroup):
    """The commands; none ends with a traceback because of a file or a database."""

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401
        """Return `--help`."""
        return _translated(super().get_help_option(ctx))

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401
        """Run a command."""
        try:
            return super().invoke(ctx)
        except HeldError as error:
            refuse(_("Another Cleanplate uses {folder}; stop it first.", folder=error))
        except OSError as error:
            if error.errno == errno.EPIPE:  # who read our output has enough
                raise
            said = _SAID.get(error.errno or 0, error.strerror or str(error))
            refuse(f"{error.filename or ''}: {said}".lstrip(": "))
        except SQLAlchemyError as error:
            said = str(error.orig if isinstance(error, OperationalError) else error)
            refuse(_("A database cannot be used: {what}", what=said.splitlines()[0]))


def _translated(option: Any) -> Any:  # noqa: ANN401
    if option is not None:
        option.help = _("Show this message and exit.")
    return option
