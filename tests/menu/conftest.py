from collections.abc import Iterator

import pytest

from support.touching import watched


@pytest.fixture(autouse=True)
def untouched() -> Iterator[list[str]]:
    """No request of any test here changes a menu without telling the other processes."""
    with watched() as forgotten:
        yield forgotten
    assert not forgotten, f"touch_menus() was forgotten beside: {forgotten}"
