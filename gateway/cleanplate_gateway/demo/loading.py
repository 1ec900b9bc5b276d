"""Fills an installation with the demo, through the services' own routes, in this process."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx

from cleanplate_gateway.demo import (
    checks,
    habits,
    hauling,
    marker,
    menus,
    sampling,
    sheets,
    town,
    year,
)
from cleanplate_gateway.demo.calendar import is_duty_day
from cleanplate_gateway.demo.marker import Marker
from cleanplate_gateway.demo.sheets import Stretch
from cleanplate_gateway.demo.year import MealDay
from cleanplate_gateway.embedded import set_password
from cleanplate_gateway.installation import Installation, Opened
from cleanplate_shared.i18n import Message, msg

PASSWORD = "cleanplate-demo"  # noqa: S105
Progress = Callable[[int, int, Message], None]
_LEDGER_PART_DAYS = 31


class LoadRefused(RuntimeError):  # noqa: N818
    """A service refused a table of the demo: a mistake of ours, not of the person who starts it."""


@dataclass(frozen=True)
class Step:
    """One table on its way to one service."""

    service: str
    kind: str
    content: bytes


async def load(installation: Installation, today: date, seed: int, progress: Progress) -> Marker:
    """Make the demo's year, or go on from where it stopped; return how far it is now.

    Raises:
        LoadRefused: a service did not take its table.
    """
    found = marker.read(installation.data)
    if found is None or found.state == "making":
        return await _make(installation, today, seed, progress)
    if found.today >= today:
        return found
    return await _go_on(installation, found, today, progress)


async def _make(installation: Installation, today: date, seed: int, progress: Progress) -> Marker:
    first = year.first_day_of(today)
    begun = Marker(state="making", seed=seed, first_day=first, made_on=today, today=today)
    marker.write(installation.data, begun)
    installation.wipe()
    stretch = Stretch(first_day=first, since=first, today=today, made_on=today)
    async with installation.opened(organization=town.OVERSIGHT) as opened:
        progress(0, 1, msg("organisations, canteens, people"))
        await _add_places(opened)
        await _send(opened, Step("directory", "units", sheets.units()))
        await _send(opened, Step("directory", "people", sheets.people(seed)))
        await _add_staff_above(opened)
        await opened.suite.settle()
        await _send(opened, Step("menu", "dishes", sheets.dishes()))
        await _send(opened, Step("menu", "recipes", sheets.recipes()))
        await _send(opened, Step("forecast", "ingredients", sheets.ingredients()))
        await menus.decide(opened)
        await hauling.add_haulers(opened, today)
        await _load_days(opened, stretch, seed, progress)
        await _register_demo_diner(opened, stretch, seed)
        await menus.keep_a_week(opened, today)
        await _settle(opened, first, today)
        for name in town.SIGN_INS:
            set_password(opened.suite, name, PASSWORD)
        await habits.speak_up(opened, await _demo_diner(opened), today)
    whole = begun.model_copy(update={"state": "whole"})
    marker.write(installation.data, whole)
    return whole


async def _go_on(
    installation: Installation, found: Marker, today: date, progress: Progress
) -> Marker:
    stretch = Stretch(
        first_day=found.first_day,
        since=found.today,
        today=today,
        made_on=found.made_on,
        known_until=found.today + timedelta(days=year.DAYS_AHEAD),
    )
    async with installation.opened() as opened:
        await _load_days(opened, stretch, found.seed, progress)
    grown = found.model_copy(update={"today": today})
    marker.write(installation.data, grown)
    return grown


async def _load_days(opened: Opened, stretch: Stretch, seed: int, progress: Progress) -> None:
    meals = list(year.meal_days(seed, stretch.since, stretch.last))
    parts = list(_parts(meals, stretch))
    total = len(parts) + 3
    progress(0, total, msg("menus"))
    await _send(opened, Step("menu", "meal-sessions", sheets.sessions(meals, stretch)))
    await menus.offer_sets(opened, stretch.today)
    progress(1, total, msg("history"))
    await _send(opened, Step("menu", "history", sheets.history(meals, stretch)))
    await _send(opened, Step("forecast", "columns", sheets.weather(seed, stretch)))
    for number, part in enumerate(parts, start=2):
        progress(number, total, msg("registrations"))
        await _send_ledger(opened, part, stretch)
    await _send(opened, Step("menu", "ratings", sheets.ratings(meals, stretch)))
    await _send(opened, Step("menu", "leftovers", sheets.leftovers(meals, stretch)))
    await _send(opened, Step("forecast", "stock", sheets.stock(stretch.today)))
    progress(total - 1, total, msg("weighings"))
    await opened.suite.settle()
    await _send(opened, Step("waste", "weighings", sheets.weighings(meals, stretch)))
    await _send(opened, Step("waste", "manifests", sheets.manifests(meals, stretch)))
    await opened.suite.settle()
    progress(total, total, msg("done"))


def _parts(meals: Sequence[MealDay], stretch: Stretch) -> Iterator[list[MealDay]]:
    for begin in range(0, (stretch.last - stretch.since).days + 1, _LEDGER_PART_DAYS):
        since = stretch.since + timedelta(days=begin)
        until = since + timedelta(days=_LEDGER_PART_DAYS)
        yield [meal for meal in meals if since <= meal.day < until]


async def _send_ledger(opened: Opened, part: list[MealDay], stretch: Stretch) -> None:
    """Send who registered and came; only how many, where visitors have taken the seats since."""
    step = Step("menu", "registrations", sheets.ledger(part, stretch))
    if stretch.known_until is None:
        await _send(opened, step)
    elif (await _answer(opened, step)).is_error:
        await _send(opened, Step("menu", "history", sheets.history(part, stretch, young=True)))


async def _send(opened: Opened, step: Step) -> None:
    if step.content.count(b"\n") > 1:
        _checked(await _answer(opened, step))


async def _answer(opened: Opened, step: Step) -> httpx.Response:
    path = f"/api/v1/{step.service}/imports/{step.kind}"
    return await opened.send_file(path, f"{step.kind}.csv", step.content)


async def _add_places(opened: Opened) -> None:
    there = _checked(await opened.get("/api/v1/directory/organizations")).json()["items"]
    root = there[0]["id"]
    for plan in town.CANTEENS:
        organization = {"name": plan.organization, "kind": "organization", "parent_id": root}
        made = _checked(await opened.post("/api/v1/directory/organizations", organization)).json()
        canteen = {"name": plan.name, "organization_id": made["id"]}
        _checked(await opened.post("/api/v1/directory/canteens", canteen))


async def _add_staff_above(opened: Opened) -> None:
    """Add who looks at all canteens: the overseer (the first administrator is there already)."""
    there = _checked(await opened.get("/api/v1/directory/organizations")).json()["items"]
    root = next(one["id"] for one in there if one["parent_id"] is None)
    person: dict[str, Any] = {
        "number": "S0004",
        "name": "郑督导（示例）",
        "user_name": "overseer",
        "grants": [{"role": "overseer", "organization_id": root}],
    }
    _checked(await opened.post("/api/v1/directory/people", person))


async def _register_demo_diner(opened: Opened, stretch: Stretch, seed: int) -> None:
    """Register the demo diner for one lunch ahead, so that their page shows one; not for others."""
    coming = [
        meal
        for meal in year.meal_days(seed, stretch.today + timedelta(days=1), stretch.last)
        if meal.canteen is town.CANTEENS[0]
        and meal.meal == "lunch"
        and not is_duty_day(meal.canteen, meal.day)
    ]
    for meal in coming[:1]:
        content = sheets.one_registration(meal)
        await _send(opened, Step("menu", "registrations", content))


async def _demo_diner(opened: Opened) -> dict[str, str]:
    """Return the request headers of the demo diner, signed in."""
    form = {"username": "diner", "password": PASSWORD}
    directory = opened.suite.peers["directory"]
    token = _checked(await directory.post("/api/v1/directory/token", data=form)).json()
    return {"Authorization": f"Bearer {token['access_token']}"}


async def _settle(opened: Opened, first_day: date, today: date) -> None:
    """Do by hand what the kitchen and the office would: decide, hand waste over, check scales."""
    await _decide_about_a_dish(opened)
    await habits.settle(opened, today)
    await hauling.leave(opened)
    await sampling.compare(opened, first_day, today)
    await checks.check_scales(opened, today)


async def _decide_about_a_dish(opened: Opened) -> None:
    """Answer the diners about one dish, so that menus show a reply and the desk a decision."""
    canteens = _checked(await opened.get("/api/v1/directory/canteens")).json()["items"]
    office = next(one["id"] for one in canteens if one["name"] == town.CANTEENS[0].name)
    dishes = _checked(await opened.get("/api/v1/menu/dishes", canteen_id=office)).json()["items"]
    dish = next(one["id"] for one in dishes if one["name"] == town.ADJUSTED_DISH)
    body = {"decision": "adjust", "reply": "谢谢大家的意见：少放醋、少放盐，每锅量减三分之一。"}
    _checked(await opened.post(f"/api/v1/menu/dishes/{dish}/decisions", body))


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise LoadRefused(f"{answer.request.url.path}: {answer.status_code} {answer.text[:2000]}")
    return answer
