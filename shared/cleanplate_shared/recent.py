"""A bounded memory of what was computed lately."""

from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Recent(Generic[KeyT, ValueT]):
    """Remembers at least the `most` last kept values and at most twice as many, each in O(1)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._young: dict[KeyT, ValueT] = {}
        self._old: dict[KeyT, ValueT] = {}

    def get(self, key: KeyT) -> ValueT | None:
        """Return what was kept for `key`, if it is remembered."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.keep(key, found)
        return found

    def keep(self, key: KeyT, value: ValueT) -> None:
        """Remember `value` for `key`."""
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[key] = value
