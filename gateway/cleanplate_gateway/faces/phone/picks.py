"""What a diner picks: meals, and how each is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_registrations import MyRegistration, Rice

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PickText = Annotated[
    str, StringConstraints(pattern=rf"^{_UUID}(:(full|half|small):(normal|less|none):[A-D]?)?$")
]


@dataclass(frozen=True)
class Pick:
    """A meal and how it is taken; as text `<meal>` or `<meal>:<portion>:<rice>:<choice>`."""

    meal: UUID
    portion: Portion
    rice: Rice
    choice: str | None = None

    def __str__(self) -> str:  # noqa: D105
        return f"{self.meal}:{self.portion.value}:{self.rice.value}:{self.choice or ''}"


def picks_in(texts: Sequence[str], portion: Portion, rice: Rice) -> dict[UUID, Pick]:
    """Return the picks by meal; what a text leaves out is as given."""
    return {pick.meal: pick for pick in (_pick(text, portion, rice) for text in texts)}


def pick_of(registration: MyRegistration) -> Pick:
    """Return what registers for the same again."""
    return Pick(
        registration.meal_session_id,
        registration.portion,
        registration.rice,
        registration.choice,
    )


def _pick(text: str, portion: Portion, rice: Rice) -> Pick:
    meal, *how = text.split(":")
    if not how:
        return Pick(UUID(meal), portion, rice)
    own_portion, own_rice, choice = how
    return Pick(UUID(meal), Portion(own_portion), Rice(own_rice), choice or None)
