"""Menus without memory: what each reader would cost alone."""

from uuid import UUID

from cleanplate_menu.routes.menus import Menus
from cleanplate_shared.etag import Tagged
from cleanplate_shared.identity import Identity
from cleanplate_shared.periods import Period


class ForgetfulMenus(Menus):
    """Reads everything for each reader, and shares nothing."""

    async def list_meals(self, caller: Identity, canteen_id: UUID, period: Period) -> Tagged:
        """Return a page as `Menus` does."""
        return await Menus(self._db, self._clock).list_meals(caller, canteen_id, period)

    async def show_meal(self, caller: Identity, meal_id: UUID) -> Tagged:
        """Return a meal as `Menus` does."""
        return await Menus(self._db, self._clock).show_meal(caller, meal_id)
