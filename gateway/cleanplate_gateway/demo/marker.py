"""How far the demo in a folder has come: written before the first row, and after the last."""

import os
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

NAME = "demo.json"


class Marker(BaseModel):
    """What a folder of demo data holds.

    Attributes:
        state: `making` until the first year is whole; such a folder is made again from the start.
        seed: of all its numbers.
        first_day: where its year begins.
        made_on: the day on which it was first made.
        today: the last day it was brought up to; the days before it are complete.
    """

    note: str = "All data in this folder are synthetic."
    state: Literal["making", "whole"]
    seed: int
    first_day: date
    made_on: date
    today: date


def read(folder: Path) -> Marker | None:
    """Return the marker of a folder; None if it holds no demo."""
    path = folder / NAME
    return Marker.model_validate_json(path.read_bytes()) if path.exists() else None


def is_unfinished(folder: Path) -> bool:
    """Say whether a demo was begun here and never became whole."""
    found = read(folder)
    return found is not None and found.state == "making"


def write(folder: Path, marker: Marker) -> None:
    """Put the marker there, whole or not at all, and on the disk before anything that follows."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{NAME}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(marker.model_dump_json(indent=2))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / NAME)
