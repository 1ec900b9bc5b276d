"""Small groups are not shown, and cannot be worked out from those that are."""

from collections.abc import Mapping
from typing import TypeVar

FEWEST = 10
KeyT = TypeVar("KeyT")


def hidden_groups(sizes: Mapping[KeyT, int], fewest: int = FEWEST) -> set[KeyT]:
    """Return the groups whose figures must not be shown beside a total of all.

    Groups of fewer than `fewest` people are hidden. What is hidden can be had by subtracting the
    others from the total, so the smallest others are hidden as well until at least two groups and
    `fewest` people are hidden together (complementary suppression).

    Args:
        sizes: people in each group; groups without anybody are left out before.
        fewest: people that a group needs to be shown.
    """
    by_size = sorted(sizes, key=lambda key: sizes[key])
    hidden = {key for key in by_size if sizes[key] < fewest}
    if not hidden:
        return hidden
    for key in by_size[len(hidden) :]:
        if len(hidden) > 1 and sum(sizes[one] for one in hidden) >= fewest:
            break
        hidden.add(key)
    return hidden
