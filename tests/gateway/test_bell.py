"""When a small batch is due."""

import uuid

import pytest

from cleanplate_gateway.faces.tablet.bell import bell_of
from cleanplate_shared.contracts.forecast_production import DishPlan, Refills


def a_dish(**changes) -> DishPlan:
    """100 portions before service, then 2 batches of 20 from 30 left on; 120 of 200 take it."""
    known = {
        "dish_id": uuid.uuid4(), "name": "红烧肉", "kind": "meat", "choice": None, "portions": 140,
        "grams": 28_000, "sizes": {"full": 140}, "suggested_portions": 140,
        "first_portions": 100, "refills": Refills(portions=20, at_most=2, when_left=30),
        "rounding_portions": 0, "quantile": 0.8, "expected_portions": 120.0, "low_portions": 100.0,
        "high_portions": 140.0, "taking": 0, "reason": "", "override": None,
        "refilled_portions": 0,
    }  # fmt: skip
    return DishPlan(**known | changes)


@pytest.mark.parametrize(
    ("served", "refilled", "left", "rings"),
    [(0, 0, 100, False), (116, 0, 30, True), (115, 0, 31, False), (116, 20, 50, False),
     (150, 20, 30, True), (200, 0, 0, True)],
)  # fmt: skip
def test_it_rings_when_those_served_have_eaten_down_to_the_trigger(served, refilled, left, rings):
    bell = bell_of(a_dish(refilled_portions=refilled), 200, served)
    assert (bell.left, bell.rings) == (left, rings)


def test_the_batches_that_may_still_follow_are_counted():
    assert bell_of(a_dish(), 200, 10).batches == 2
    assert bell_of(a_dish(refilled_portions=20), 200, 10).batches == 1
    assert bell_of(a_dish(refilled_portions=40), 200, 199) is None


def test_what_the_cook_decided_counts_not_the_suggestion():
    assert bell_of(a_dish(portions=100), 200, 150) is None
    assert bell_of(a_dish(portions=170), 200, 150).batches == 4


def test_a_dish_without_small_batches_never_rings():
    assert bell_of(a_dish(refills=None), 200, 200) is None


def test_a_meal_of_which_nobody_is_expected_does_not_break():
    assert bell_of(a_dish(), 0, 3).left == 100
