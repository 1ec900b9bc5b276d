"""Nothing is changed or deleted: a record takes the place of another one."""

import itertools
import random
from datetime import timedelta

import pytest

from support.services import OTHER_CANTEEN
from waste.devices import Device, hashed, send_at
from waste.kitchen import DAY, a_session, cook, outcomes, send, summary, tell_sessions
from waste.test_chains import faults


async def grams(service, day=DAY):
    """Return what the day's food weighs, and how many streams were weighed for it."""
    items = await summary(service, "day", day, day)
    if not items:
        return 0, 0
    return items[0]["net_grams"], 5 - len(items[0]["missing"])


async def listed(service):
    answer = await service.client.get(
        "/api/v1/waste/weighings",
        params={
            "canteen_id": "00000000-0000-4000-8000-0000000000c1",
            "date_from": str(DAY),
            "date_to": str(DAY),
        },
        headers=cook(),
    )
    return {item["id"]: item for item in answer.json()["items"]}


async def test_a_correction_takes_the_place_of_its_weighing(service):
    device = Device()
    wrong = device.weighs(gross=15_500)
    right = device.corrects(wrong, 1_550)
    assert await outcomes(service, wrong, right) == ["created", "created"]
    assert await grams(service) == (1_050, 1)
    found = await listed(service)
    assert found[wrong["id"]]["corrected_by"] == right["id"]
    assert found[right["id"]]["corrects"] == wrong["id"]
    assert faults(service) == set()


async def test_an_undone_weighing_was_not_weighed_which_is_not_zero(service):
    device = Device()
    item, zero = device.weighs(), device.weighs("unserved", 0, 0)
    await outcomes(service, item, zero, device.undoes(item))
    assert await grams(service) == (0, 1)
    assert faults(service) == set()


async def test_a_correction_may_be_corrected_and_a_story_may_end_in_an_undo(service):
    device = Device()
    first = device.weighs(gross=1_500)
    second = device.corrects(first, 1_600)
    third = device.corrects(second, 1_700)
    await outcomes(service, first, second, third)
    assert await grams(service) == (1_200, 1)
    await outcomes(service, device.undoes(third))
    assert await grams(service) == (0, 0)
    assert faults(service) == set()


async def test_a_weighing_is_corrected_once(service):
    device = Device()
    item = device.weighs()
    one, other = device.corrects(item, 1_600), device.corrects(item, 1_700)
    assert await outcomes(service, item, one, other) == ["created", "created", "AlreadyCorrected"]
    assert await outcomes(service, other, one) == ["AlreadyCorrected", "duplicate"]
    assert await grams(service) == (1_100, 1)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_the_order_of_arrival_changes_nothing(service, order):
    device = Device()
    first = device.weighs(gross=2_500)
    second = device.corrects(first, 1_600)
    third = device.corrects(second, 1_700, stream="unserved")
    fourth = device.undoes(third)
    story = [first, second, third, fourth]
    for place in order:
        assert await outcomes(service, story[place]) == ["created"]
    assert await grams(service) == (0, 0)
    assert faults(service) == set()


async def test_a_correction_may_be_of_another_meal_and_stream(service):
    lunch, dinner = a_session(served=100), a_session(served=50, meal="dinner")
    await tell_sessions(service, lunch, dinner)
    device = Device()
    wrong = device.weighs(meal_session_id=str(lunch.meal_session_id))
    await outcomes(service, wrong)
    right = device.corrects(
        wrong, 1_500, stream="unserved", meal_session_id=str(dinner.meal_session_id)
    )
    await outcomes(service, right)
    rows = {row["meal"]: row["net_grams"] for row in await summary(service, "meal")}
    assert rows == {"lunch": 0, "dinner": 1_000}
    assert faults(service) == set()


async def test_a_weighing_cannot_correct_itself_or_what_corrects_it(service):
    one, other = Device("one"), Device("two")
    first = one.weighs()
    itself = other.weighs(id=first["id"], corrects=first["id"])
    assert await outcomes(service, itself) == ["Unprocessable"]
    later = other.weighs(corrects=first["id"])
    circle = one.weighs(id=first["id"], corrects=later["id"])
    assert await outcomes(service, later, circle) == ["created", "Unprocessable"]


async def test_another_canteens_record_is_not_touched(service):
    mine, theirs = Device(), Device("theirs", OTHER_CANTEEN)
    item = mine.weighs()
    await outcomes(service, item)
    foreign = theirs.corrects(item, 1_500)
    assert await outcomes(service, foreign, caller=cook(OTHER_CANTEEN)) == ["created"]
    assert await grams(service) == (1_000, 1)
    assert (await listed(service))[item["id"]]["corrected_by"] is None


@pytest.mark.parametrize(
    "changes", [{"corrects": None}, {"gross": 10, "tare": 0}, {"gross": 10, "tare": 10}]
)
async def test_an_undo_names_its_weighing_and_weighs_nothing(service, changes):
    device = Device()
    item = device.weighs()
    undo = {"gross": 0, "tare": 0, "corrects": item["id"], "withdraws": True} | changes
    assert await outcomes(service, item, device.weighs(**undo)) == ["created", "Unprocessable"]


class Kitchen:
    """Weighs, corrects, undoes and moves meals at random."""

    def __init__(self, service):
        self.service, self.rng = service, random.Random(11)  # noqa: S311
        self.device, self.standing = Device(), []
        self.meals = [a_session(served=10, meal=m) for m in ("breakfast", "lunch", "dinner")]

    async def weigh(self):
        meal = self.rng.choice([None, *self.meals])
        named = {"meal_session_id": str(meal.meal_session_id)} if meal else {}
        stream = self.rng.choice(["plate", "oil"])
        await self.keep(self.device.weighs(stream, self.rng.randrange(500, 999), **named))

    async def correct(self):
        await self.keep(self.device.corrects(self.one(), self.rng.randrange(500, 999)))

    async def undo(self):
        assert await outcomes(self.service, self.device.undoes(self.one())) == ["created"]

    async def move(self):
        place = self.rng.randrange(3)
        told = self.meals[place]
        day = DAY + timedelta(days=self.rng.randrange(3))
        self.meals[place] = told.model_copy(update={"version": told.version + 1, "date": day})
        await tell_sessions(self.service, self.meals[place])

    def one(self):
        return self.standing.pop(self.rng.randrange(len(self.standing)))

    async def keep(self, item):
        assert await outcomes(self.service, item) == ["created"]
        self.standing.append(item)


async def test_sums_follow_whatever_happens_to_weighings_and_meals(service):
    """Two hundred random steps; then every kept sum equals that of the records."""
    kitchen = Kitchen(service)
    for _ in range(200):
        possible = [kitchen.weigh, kitchen.weigh, kitchen.move]
        possible += [kitchen.correct, kitchen.undo] if kitchen.standing else []
        await kitchen.rng.choice(possible)()
    assert faults(service) == set()
    days = [DAY + timedelta(days=n) for n in range(3)]
    total = sum([(await grams(service, day))[0] for day in days])
    plates = [i for i in kitchen.standing if i["stream"] == "plate"]
    assert total == sum(i["gross_grams"] - i["tare_grams"] for i in plates)


async def test_what_was_entered_is_kept_beside_the_grams(service):
    device = Device()
    jin = {"quantity": "2.5", "unit": "jin", "grams_per_unit": 500}
    bucket = {"quantity": "0.333", "unit": "bucket", "grams_per_unit": 12_500}
    good = [
        device.weighs(gross=1_250, tare=0, entered=jin),
        device.weighs(gross=4_163, tare=0, entered=bucket, method="volume"),
    ]
    assert await outcomes(service, *good) == ["created", "created"]
    found = await listed(service)
    assert [found[item["id"]]["entered"] for item in good] == [jin, bucket]
    wrong = device.weighs(gross=4_162, tare=0, entered=bucket, method="volume")
    assert await outcomes(service, wrong) == ["Unprocessable"]
    assert await outcomes(service, device.weighs(method="volume")) == ["Unprocessable"]


@pytest.mark.parametrize("hours", [-30, -2, 2, 30])
async def test_a_wrong_clock_neither_loses_nor_misdates_a_weighing(service, hours):
    true_time = service.clock.at.replace(microsecond=0) - timedelta(hours=1)
    shown = timedelta(hours=hours)
    item = Device().weighs(weighed_at=(true_time + shown).isoformat())
    assert await send_at(service, service.clock.at + shown, item) == ["created"]
    (entry,) = await _items(service)
    assert entry["date"] == str(_day(true_time))
    assert entry["clock_skew_seconds"] == -hours * 3600
    assert entry["weighed_at"].startswith((true_time + shown).isoformat()[:19])


async def test_a_clock_that_is_not_told_is_believed_within_a_day(service):
    at = service.clock.at + timedelta(hours=30)
    assert await outcomes(service, Device().weighs(weighed_at=at.isoformat())) == ["TooFarInFuture"]


async def test_5000_weighings_replayed_three_times_by_two_tabs_after_months_count_once(service):
    device = Device()
    items = [device.weighs(gross=600 + n % 900) for n in range(5_000)]
    rng = random.Random(5)  # noqa: S311
    for _ in range(3):
        for _tab in range(2):
            rng.shuffle(items)
            for start in range(0, len(items), 500):
                results = await send(service, *items[start : start + 500])
                assert {r["outcome"] for r in results} <= {"created", "duplicate"}
    total = sum(item["gross_grams"] - item["tare_grams"] for item in items)
    assert await grams(service) == (total, 1)
    assert faults(service) == set()
    other = items[0] | {"gross_grams": 501}
    other["hash"] = hashed(other)
    assert await outcomes(service, other) == ["IdempotencyKeyReused"]


async def _items(service):
    answer = await service.client.get(
        "/api/v1/waste/weighings",
        params={
            "canteen_id": "00000000-0000-4000-8000-0000000000c1",
            "date_from": str(_day(service.clock.at) - timedelta(days=5)),
            "date_to": str(_day(service.clock.at) + timedelta(days=5)),
        },
        headers=cook(),
    )
    return answer.json()["items"]


def _day(instant):
    return (instant + timedelta(hours=8)).date()
