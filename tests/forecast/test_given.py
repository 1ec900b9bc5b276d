"""What is known of days in advance: brought by table, beside the menus, looked at by the model."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from sqlmodel import col, select

from cleanplate_forecast.actions.training.columns import load
from cleanplate_forecast.actions.training.runs import ask_for_training
from cleanplate_forecast.domain.columns import MIDDLE, Columns
from cleanplate_forecast.domain.model import Recipe, backcast
from cleanplate_forecast.jobs.apart import work_here
from cleanplate_forecast.jobs.training import take_if_due, train
from cleanplate_forecast.models import ForecastRow, GivenDayRow
from cleanplate_shared.contracts.menu import MealSessionsChanged
from support.identities import bearer
from support.quantities import TODAY, Kitchen, lunch, session_id
from support.services import CANTEEN, OTHER_CANTEEN, running

HERE, ELSEWHERE = "机关第一食堂", "别处的食堂"
DAYS = 40
FIRST = TODAY - timedelta(DAYS)


@pytest.fixture
def kitchen(service) -> Kitchen:
    made = Kitchen(service)
    made.at(TODAY)
    return made


def table(*rows: tuple, columns="date,canteen,meal,x_rain,x_weather") -> str:
    text = io.StringIO()
    csv.writer(text).writerows([columns.split(","), *rows])
    return text.getvalue()


async def bring(kitchen, text: str, **request) -> dict:
    file = {"file": ("columns.csv", text.encode(), "text/csv")}
    return await kitchen.send(
        "POST", "/imports/columns", **{"role": "manager"} | request, files=file
    )


def kept(kitchen) -> dict[tuple[date, str], dict]:
    with kitchen.service.db.reading() as session:
        return {(row.date, row.meal): row.given for row in session.exec(select(GivenDayRow))}


def counts(answer) -> tuple[int, int, int]:
    return answer["created"], answer["updated"], answer["unchanged"]


def wrong(refused) -> list[tuple]:
    return [(one["row"], one["column"], one["code"]) for one in refused["errors"]]


def loaded(kitchen, last=TODAY + timedelta(9)) -> Columns:
    with kitchen.service.db.reading() as session:
        return load(session, FIRST, last).columns


def meals(first: date, days: int, **more):
    """Return lunches; every third day there is red-braised pork."""
    return [
        lunch(
            first + timedelta(n),
            dishes=["米饭", "红烧肉"] if n % 3 == 0 else ["米饭"],
            **more,
        )
        for n in range(days)
    ]


async def test_columns_are_what_was_told_and_brought(kitchen):
    """By hand: 40 past lunches and ten to come, the third of which is pork; rain on even days.

    Rain is said of whole days, once of a lunch; of the last three days nobody said anything, nor
    of a dinner that nobody serves.
    """
    await kitchen.tell_meals(*meals(FIRST, DAYS, served=90), *meals(TODAY, 10))
    rows = [(FIRST + timedelta(n), HERE, "", 1.5 * (n % 2), "小雨") for n in range(DAYS + 7)]
    await bring(
        kitchen, table(*rows, (FIRST, HERE, "lunch", 9, ""), (FIRST, HERE, "dinner", 8, ""))
    )
    columns = loaded(kitchen)
    assert len(columns) == DAYS + 10
    assert columns.texts["menu"][:4].tolist() == ["米饭 红烧肉", "米饭", "米饭", "米饭 红烧肉"]
    assert columns.texts["menu"][DAYS : DAYS + 3].tolist() == ["米饭 红烧肉", "米饭", "米饭"]
    assert columns.numbers["x_rain"][:4].tolist() == [9, 1.5, 0, 1.5]
    assert columns.numbers["x_rain"][DAYS + 5 : DAYS + 7].tolist() == [1.5, 0]
    assert np.isnan(columns.numbers["x_rain"][DAYS + 7 :]).all()
    assert columns.texts["x_weather"][DAYS + 6 :].tolist() == ["小雨", "", "", ""]
    assert "China to holiday" in columns.numbers


async def test_without_menus_and_tables_there_are_no_such_columns(kitchen):
    await kitchen.tell_meals(*(lunch(FIRST + timedelta(n), served=9) for n in range(DAYS)))
    few = [(FIRST + timedelta(n), HERE, "lunch", n, "晴") for n in range(29)]
    await bring(kitchen, table(*few))
    columns = loaded(kitchen)
    assert not columns.texts
    assert not [name for name in columns.numbers if name.startswith("x_")]
    await bring(kitchen, table((FIRST + timedelta(29), HERE, "lunch", 29, "晴")))
    assert set(loaded(kitchen).texts) == {"x_weather"}


async def test_a_column_of_numbers_here_and_of_text_elsewhere_is_two(kitchen):
    await kitchen.tell_meals(
        *meals(FIRST, DAYS),
        *(
            fact.model_copy(
                update={"canteen_id": OTHER_CANTEEN, "meal_session_id": session_id(fact.date, "x")}
            )
            for fact in meals(FIRST, DAYS)
        ),
    )
    days = [FIRST + timedelta(n) for n in range(DAYS)]
    await bring(kitchen, table(*((day, HERE, "", 1, "雨") for day in days)))
    await bring_elsewhere(kitchen, table(*((day, ELSEWHERE, "", "大", 2) for day in days)))
    columns = loaded(kitchen)
    assert np.nansum(columns.numbers["x_rain"]) == DAYS
    assert sorted(set(columns.texts["x_rain"])) == ["", "大"]


async def bring_elsewhere(kitchen, text: str) -> None:
    at = kitchen.service.clock.at.timestamp()
    manager = bearer("manager", OTHER_CANTEEN, iat=at, exp=at + 900)
    await bring(kitchen, text, headers=manager)


async def test_what_is_given_comes_all_or_nothing_and_once(kitchen):
    text = table(
        (TODAY, HERE, "", "2.5", "小雨"),
        (TODAY, HERE, "dinner", "0", ""),
        (TODAY + timedelta(9), HERE, "lunch", "", "多云\n转晴"),
    )
    tried = await bring(kitchen, text, params={"dry_run": "true"})
    assert (counts(tried), tried["dry_run"], kept(kitchen)) == ((3, 0, 0), True, {})
    assert counts(await bring(kitchen, text)) == (3, 0, 0)
    assert counts(await bring(kitchen, text)) == (0, 0, 3)
    assert kept(kitchen) == {
        (TODAY, ""): {"x_rain": 2.5, "x_weather": "小雨"},
        (TODAY, "dinner"): {"x_rain": 0.0},
        (TODAY + timedelta(9), "lunch"): {"x_weather": "多云\n转晴"},
    }
    more = table(
        (TODAY, HERE, "", "3"), (TODAY, HERE, "dinner", ""), columns="date,canteen,meal,x_n"
    )
    assert counts(await bring(kitchen, more)) == (0, 1, 1)
    changed = table((TODAY, HERE, "", "", "大雨"))
    assert counts(await bring(kitchen, changed)) == (0, 1, 0)
    assert kept(kitchen)[TODAY, ""] == {"x_rain": 2.5, "x_weather": "大雨", "x_n": 3.0}


async def test_every_bad_cell_is_named_and_nothing_kept(kitchen):
    text = table(
        (TODAY, HERE, "", 1, "晴"),
        (TODAY, HERE, "", 1, "晴"),
        ("2026-02-30", HERE, "", 1, "晴"),
        (TODAY, ELSEWHERE, "", 1, "晴"),
        (TODAY, HERE, "brunch", 1, "晴"),
        (TODAY + timedelta(900), HERE, "", 1, "x" * 2001),
        (TODAY + timedelta(800), HERE, "", 1, "晴"),
        (TODAY + timedelta(1), HERE, "", "1 mm", "晴"),
        (TODAY + timedelta(2), HERE, "", 1, "12"),
    )
    refused = await bring(kitchen, text, status=422)
    assert (refused["type"], wrong(refused)) == (
        "RowsRefused",
        [
            (4, "date", "date_from_datetime_parsing"),
            (6, "meal", "enum"),
            (7, "x_weather", "string_too_long"),
            (3, "date", "duplicate"),
            (5, "canteen", "unknown_canteen"),
            (8, "date", "too_far"),
            (9, "x_rain", "mixed"),
            (10, "x_weather", "mixed"),
        ],
    )
    assert all(one["message"] for one in refused["errors"])
    assert kept(kitchen) == {}


async def test_a_column_keeps_to_numbers_or_text_from_table_to_table(kitchen):
    days = [TODAY + timedelta(n) for n in range(3)]
    await bring(kitchen, table(*((day, HERE, "", 1, "晴") for day in days[:2])))
    refused = await bring(kitchen, table((days[2], HERE, "", "小", "晴")), status=422)
    assert wrong(refused) == [(2, "x_rain", "mixed")]
    half = table((days[0], HERE, "", "小", "晴"), (days[2], HERE, "", "小", "晴"))
    assert wrong(await bring(kitchen, half, status=422)) == [(2, "x_rain", "mixed")]
    whole = table(*((day, HERE, "", "小", "晴") for day in days))
    assert counts(await bring(kitchen, whole)) == (1, 2, 0)


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("x_", "RowsRefused"),
        ("x_" + "n" * 61, "RowsRefused"),
        (",".join(f"x_{n}" for n in range(21)), "RowsRefused"),
        ("x_a,x_a", "FileRefused"),
        ("X_rain,rain", "RowsRefused"),
    ],
)
async def test_bad_columns_are_refused(kitchen, header, problem):
    row = (TODAY, HERE, "", *["1"] * (header.count(",") + 1))
    text = table(row, columns=f"date,canteen,meal,{header}")
    refused = await bring(kitchen, text, status=422)
    assert refused["type"] == problem
    assert kept(kitchen) == {}


async def test_a_canteens_columns_are_bounded_over_several_tables(kitchen):
    for part in (range(12), range(8, 20)):
        names = ",".join(f"x_{n}" for n in part)
        row = (TODAY, HERE, *["1"] * len(part))
        await bring(kitchen, table(row, columns=f"date,canteen,{names}"))
    assert len(kept(kitchen)[TODAY, ""]) == 20
    row = table((TODAY, HERE, "1"), columns="date,canteen,x_one_more")
    assert wrong(await bring(kitchen, row, status=422)) == [(2, "x_one_more", "too_many")]


async def test_a_file_of_past_attendance_can_be_brought_as_it_is(kitchen):
    rows = [(TODAY, HERE, "lunch", 90, 1.5, "晴")]
    text = table(*rows, columns="date,canteen,meal,served,x_rain,x_weather")
    assert counts(await bring(kitchen, text)) == (1, 0, 0)
    assert kept(kitchen) == {(TODAY, "lunch"): {"x_rain": 1.5, "x_weather": "晴"}}


async def test_who_does_not_manage_the_canteen_brings_nothing(kitchen):
    text = table((TODAY, HERE, "", 1, "晴"))
    await bring(kitchen, text, role="cook", status=403)
    other = table((TODAY, ELSEWHERE, "", 1, "晴"))
    assert wrong(await bring(kitchen, other, status=422)) == [(2, "canteen", "unknown_canteen")]
    assert kept(kitchen) == {}


async def test_what_no_training_looks_back_to_is_not_kept(kitchen):
    old, recent = TODAY - timedelta(762), TODAY - timedelta(700)
    text = table((old, HERE, "", 1, "晴"), (recent, HERE, "", 1, "晴"))
    assert counts(await bring(kitchen, text)) == (1, 0, 1)
    kitchen.service.run_jobs()
    assert set(kept(kitchen)) == {(recent, "")}
    kitchen.at(TODAY + timedelta(64))
    kitchen.service.run_jobs()
    assert kept(kitchen) == {}


def trained_anyhow(task, tell):
    return replace(work_here(task, tell), is_accepted=True)


async def newest(kitchen, day: date) -> ForecastRow:
    """Have the clock go on for an hour and the jobs run; return the day's latest forecast."""
    kitchen.service.clock.at += timedelta(hours=1, minutes=1)
    kitchen.service.run_jobs()
    with kitchen.service.db.reading() as session:
        rows = select(ForecastRow).where(ForecastRow.session_id == session_id(day))
        return session.exec(rows.order_by(col(ForecastRow.number).desc())).first()


async def test_no_forecast_sees_menus_tables_or_diners_of_later_days(kitchen):
    past = meals(TODAY - timedelta(80), 80)
    came = [
        fact.model_copy(
            update={
                "served": 80
                + 30 * ("红烧肉" in fact.dishes)
                - 20 * (fact.date.day % 4 == 0)
                + n % 7
            }
        )
        for n, fact in enumerate(past)
    ]
    await kitchen.tell_meals(*came, *meals(TODAY, 10))
    days = [TODAY + timedelta(n) for n in range(-80, 10)]
    await bring(kitchen, table(*((day, HERE, "", 9 * (day.day % 4 == 0), "晴") for day in days)))
    with kitchen.service.db.transaction() as session:
        ask_for_training(session, kitchen.service.clock())
    lease = take_if_due(kitchen.service.db, kitchen.service.clock())
    train(kitchen.service.db, kitchen.service.clock, lease, work=trained_anyhow)
    asked = TODAY + timedelta(2)
    before = await newest(kitchen, asked)
    assert (before.number, "#1" in before.model) == (1, True)

    later = [
        fact.model_copy(update={"dishes": ["红烧肉"], "served": 7, "version": 2})
        for fact in meals(asked + timedelta(1), 7)
    ]
    early = lunch(TODAY + timedelta(1), dishes=["米饭"], served=7, version=2)
    await kitchen.tell_meals(*later, early)
    changed = [(day, HERE, "", 999, "台风") for day in days if day > asked]
    await bring(kitchen, table(*changed))
    assert await newest(kitchen, asked) == before

    await bring(kitchen, table((asked, HERE, "", 9, "")))
    wet = await newest(kitchen, asked)
    assert wet.mean < before.mean - 5
    await kitchen.tell_meals(lunch(asked, dishes=["红烧肉", "米饭"], version=2))
    assert (await newest(kitchen, asked)).mean > wet.mean + 5


OPEN = 150
PLACES = (CANTEEN, OTHER_CANTEEN)


def season(seed: int):
    """Return who came to lunches at two canteens, which dishes there were, and how it rained.

    Red-braised pork brings a quarter more, rain keeps a fifth away; both come at random.
    """
    random = np.random.default_rng(seed)
    pork = random.random((2, OPEN)) < 0.3
    rain = np.where(random.random(OPEN) < 0.3, random.uniform(5, 30, OPEN), 0.0).round(1)
    usual = np.array([[200.0], [400.0]]) * np.where(pork, 1.25, 1.0) * np.where(rain > 0, 0.8, 1.0)
    return random.poisson(usual), pork, rain


async def told_season(kitchen) -> Columns:
    served, pork, rain = season(5)
    days = [TODAY - timedelta(OPEN - n) for n in range(OPEN)]
    for place, canteen in enumerate(PLACES):
        sides = ["青菜", "豆腐", "番茄蛋汤", "土豆丝", "凉皮"]
        facts = [
            lunch(
                day,
                canteen_id=canteen,
                meal_session_id=session_id(day, canteen.hex),
                served=int(served[place, n]),
                registered=None,
                dishes=["米饭", sides[n * 7 % 5], "红烧肉" if pork[place, n] else "清蒸鱼"],
            )
            for n, day in enumerate(days)
        ]
        await kitchen.service.tell(MealSessionsChanged(sessions=facts))
    for name, bring_to in ((HERE, bring), (ELSEWHERE, bring_elsewhere)):
        rows = [(day, name, "", rain[n], "雨" if rain[n] else "晴") for n, day in enumerate(days)]
        await bring_to(kitchen, table(*rows))
    with kitchen.service.db.reading() as session:
        return load(session, days[0], TODAY).columns


def error_of(columns: Columns) -> float:
    """Return the WAPE of the last forty days, each forecast on its eve."""
    made = backcast(columns, 1, 40, Recipe(), lambda _done, _all: None).values[:, MIDDLE]
    there = ~np.isnan(made)
    return float(np.abs(made - columns.served)[there].sum() / columns.served[there].sum())


def dealt_out(columns: Columns) -> Columns:
    """Return the columns with menus and what was given dealt out to other days."""
    order = np.random.default_rng(1).permutation(len(columns))
    given = {name: values[order] for name, values in columns.numbers.items() if name[:2] == "x_"}
    return replace(
        columns,
        numbers={**columns.numbers, **given},
        texts={name: values[order] for name, values in columns.texts.items()},
    )


async def test_menus_and_rain_make_forecasts_better_and_noise_hardly_worse(sqlite_files):
    async with running("forecast", sqlite_files.url("forecast")) as service:
        kitchen = Kitchen(service)
        kitchen.at(TODAY)
        columns = await told_season(kitchen)
    assert set(columns.texts) == {"menu", "x_weather"}
    calendar = {name: each for name, each in columns.numbers.items() if name[:2] != "x_"}
    without = replace(columns, numbers=calendar, texts={})
    plain = error_of(without)
    assert error_of(columns) < 0.6 * plain
    assert plain * 0.95 < error_of(dealt_out(columns)) < plain * 1.1
