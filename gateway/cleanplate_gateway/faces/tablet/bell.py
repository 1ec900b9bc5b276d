"""When the next small batch of a dish is due (小锅续供)."""

from dataclasses import dataclass

from cleanplate_shared.contracts.forecast_production import DishPlan


@dataclass(frozen=True)
class Bell:
    """The next small batch of a dish.

    Attributes:
        portions: of the batch.
        batches: that may still follow, this one included.
        when_left: start it when so many portions are left.
        left: portions that should be left now, by those who were served so far.
        rings: it is due.
    """

    portions: int
    batches: int
    when_left: int
    left: int
    rings: bool


def bell_of(dish: DishPlan, diners: float, served: int) -> Bell | None:
    """Return the bell of a dish; None if nothing more is to be cooked of it.

    Nobody counts portions while a meal is served: those served so far are taken to have eaten of
    the dish as all diners are expected to.

    Args:
        dish: with what was decided and refilled.
        diners: expected in all.
        served: so far.
    """
    if dish.refills is None:
        return None
    cooked = dish.first_portions + dish.refilled_portions
    batches = -(-(dish.portions - cooked) // dish.refills.portions)
    if batches <= 0:
        return None
    taken = served * dish.expected_portions / diners if diners else 0.0
    left = max(round(cooked - taken), 0)
    return Bell(
        portions=dish.refills.portions,
        batches=batches,
        when_left=dish.refills.when_left,
        left=left,
        rings=served > 0 and left <= dish.refills.when_left,
    )
