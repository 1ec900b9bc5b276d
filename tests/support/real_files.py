"""Real canteens' files, which lie beside the project and never in it."""

import os
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
SCHOOLS = "school_canteens_nantes.csv"
INGREDIENTS = "restaurant_ingredients_yaz.csv"
SCHOOL_WASTE = "school_waste_vramlosa.csv"


def real(name: str) -> Path:
    """Return a real file; only where there is no CI may it be missing."""
    path = DATA / name
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip(f"{path} is not on this machine; the real files come beside the repository")
    return path
