"""What a command says: results on stdout, everything else on stderr, and the exit code."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import typer
from pydantic import BaseModel
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

FAILED = 1
REFUSED = 2
_TABLE_WIDTH = 78  # a program or a file at the other end has no width of its own

# Progress and remarks; a program that reads stdout never meets them.
remarks = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print one line of a result."""
    typer.echo(text)


def remark(text: str) -> None:
    """Print a remark on stderr."""
    typer.echo(text, err=True)


def say_json(result: BaseModel | Mapping[str, Any]) -> None:
    """Print a result as JSON."""
    plain = result.model_dump(mode="json") if isinstance(result, BaseModel) else result
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def say_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a result as a table."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for place, title in enumerate(header):
        table.add_column(title, no_wrap=True, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, width=max(Console().width, _TABLE_WIDTH)).print(table)


def refuse(text: str) -> NoReturn:
    """End with exit code 2: wrong usage or bad input, nothing was changed."""
    remark(text)
    raise typer.Exit(REFUSED)


def fail(text: str) -> NoReturn:
    """End with exit code 1: it ran, and found a failure."""
    remark(text)
    raise typer.Exit(FAILED)
