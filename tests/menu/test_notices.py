import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text

from cleanplate_menu import jobs
from cleanplate_menu.actions.notices import news
from cleanplate_menu.actions.notices.outbox import NoticeOutbox
from cleanplate_menu.models import (
    CHANNELS,
    NOTICES,
    REGISTRATIONS,
    SESSIONS,
    CanteenSettingsRow,
)
from cleanplate_shared.contracts.directory import PeopleChanged
from cleanplate_shared.i18n import msg
from cleanplate_shared.notices import NotDelivered, Notifier
from support import menus
from support.groups import DINERS, OTHER, people, person
from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN, SHANGHAI, running

KEY = "a key for tests, and for nothing else"
BOT = "wecombot://0123456789abcdef-0123-secret"
OWN = "ntfy://push.example/a-secret-topic"
LATER = datetime.now(UTC) + timedelta(30)
lasting = partial(bearer, exp=LATER.timestamp())


class Sent(list):
    """What went out: the scheme of the channel and the words."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = 0

    def send(self, channel, notice) -> None:
        """Stand in for `Notifier.send`."""
        if self.fails:
            self.fails -= 1
            raise NotDelivered(msg("It does not answer in time."))
        self.append((channel.scheme, notice.title, notice.body))


@pytest.fixture
async def service(databases, monkeypatch: pytest.MonkeyPatch):
    """The menu service at 19:00 in Shanghai, with tokens that last."""
    monkeypatch.setattr(menus, "bearer", lasting)
    async with running("menu", databases.url("menu"), notice_key=KEY) as under_test:
        evening = datetime.now(UTC).astimezone(SHANGHAI).date() + timedelta(1)
        under_test.clock.at = datetime.combine(evening, time(19), SHANGHAI).astimezone(UTC)
        yield under_test


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    box = Sent()
    monkeypatch.setattr(Notifier, "send", lambda _self, channel, notice: box.send(channel, notice))
    return box


def diner(who) -> dict[str, str]:
    return lasting("diner", CANTEEN, person_id=who)


def boss(canteen=CANTEEN) -> dict[str, str]:
    return lasting("manager", canteen)


async def add(service, headers, url=OWN, canteen_id=None):
    body = {"url": url, "canteen_id": canteen_id and str(canteen_id)}
    return await service.client.post(f"{MENU}/channels", json=body, headers=headers)


def a_habit(service, *who, weeks=(1, 2), meal="lunch", status="registered") -> None:
    """Let people have been registered for lunch on the same weekday of these weeks ago."""
    day = service.clock.day + timedelta(1)
    with service.db.transaction() as session:
        for week in weeks:
            held, past = uuid.uuid4(), day - timedelta(weeks=week)
            session.connection().execute(SESSIONS.insert(), {
                "id": held, "canteen_id": CANTEEN, "day": past, "meal": meal,
                "cutoff_at": service.clock.at - timedelta(weeks=week), "capacity": 99,
            })  # fmt: skip
            for n, one in enumerate(who):
                session.connection().execute(REGISTRATIONS.insert(), {
                    "id": uuid.uuid4(), "meal_session_id": held, "person_id": one,
                    "portion": "full", "status": status, "pickup_code": f"{week}-{n}",
                    "registered_at": service.clock.at - timedelta(weeks=week), "dishes": [],
                })  # fmt: skip


def run(service) -> None:
    jobs.remind(service.db, service.clock)
    jobs.tell_news(service.db, service.clock)
    jobs.deliver_notices(service.app.state.notifier)(service.db, service.clock)


async def test_an_address_is_sealed_in_the_database_and_masked_everywhere_else(
    service, sent, capfd
):
    made = await add(service, boss(), BOT, CANTEEN)
    assert made.status_code == 201, made.text
    listed = await service.client.get(
        f"{MENU}/channels", params={"canteen_id": str(CANTEEN)}, headers=boss()
    )
    assert listed.json()["items"] == [made.json()]
    tried = await service.client.post(f"{MENU}/channels/{made.json()['id']}:test", headers=boss())
    assert tried.json() == {"sent": True, "problem": None}
    again = await service.client.post(f"{MENU}/channels/{made.json()['id']}:test", headers=boss())
    assert (again.status_code, again.headers["retry-after"]) == (429, "10")
    wrong = await add(service, boss(), f"{BOT}?unknown=option", CANTEEN)
    assert wrong.status_code == 422
    with service.db.reading() as session:
        rows = str(session.execute(select(CHANNELS)).all())
        answers = str(session.execute(text("SELECT * FROM answered")).all())
    shown = [made.text, listed.text, tried.text, wrong.text, rows, answers, *capfd.readouterr()]
    assert not [place for place in shown if "0123456789abcdef" in place]
    assert service.app.state.notifier.open(_sealed(service)).url == BOT


def _sealed(service) -> str:
    with service.db.reading() as session:
        return session.execute(select(CHANNELS.c.sealed_url)).scalar_one()


async def test_a_channel_is_the_managers_or_ones_own_and_nobody_elses(service, sent):
    chat = (await add(service, boss(), BOT, CANTEEN)).json()["id"]
    mine = (await add(service, diner(DINERS[0]))).json()["id"]
    others = [diner(DINERS[1]), boss(OTHER_CANTEEN)]
    for headers in (*others, diner(DINERS[0])):
        assert (await add(service, headers, BOT, CANTEEN)).status_code in {403, 404}
    for channel, strangers in ((chat, [*others, diner(DINERS[0])]), (mine, others)):
        for headers in strangers:
            path = f"{MENU}/channels/{channel}"
            assert (await service.client.delete(path, headers=headers)).status_code == 404
            tried = await service.client.post(f"{path}:test", headers=headers)
            assert tried.status_code == 404
    listed = await service.client.get(f"{MENU}/channels", headers=diner(DINERS[0]))
    assert [one["id"] for one in listed.json()["items"]] == [mine]
    assert sent == []
    refused = await add(service, diner(DINERS[0]), BOT)
    assert (refused.status_code, refused.json()["type"]) == (422, "ChannelRefused")
    statuses = [(await add(service, diner(DINERS[0]))).status_code for _ in range(3)]
    assert statuses == [201, 201, 409]
    path = f"{MENU}/channels/{mine}"
    gone = await service.client.delete(path, headers=diner(DINERS[0]))
    assert gone.status_code == 204


async def test_without_a_key_no_address_is_kept(databases):
    async with running("menu", databases.url("menu")) as bare:
        refused = await add(bare, bearer("manager", CANTEEN), BOT, CANTEEN)
        assert (refused.status_code, refused.json()["type"]) == (422, "ChannelRefused")


async def test_the_chat_and_who_usually_eats_are_reminded_once(service, sent):
    await people(service)
    await add(service, boss(), BOT, CANTEEN)
    usual, rare, decided, cancelled, absent, foreign = (*DINERS[:5], OTHER)
    for who in (usual, rare, decided, cancelled, absent, foreign):
        assert (await add(service, diner(who))).status_code == 201
    a_habit(service, usual, decided, cancelled, absent, weeks=(1, 3))
    a_habit(service, rare, weeks=(2,))
    a_habit(service, rare, weeks=(4,), status="cancelled")
    meal = await open_meal(service)
    await register(service, meal, decided)
    gone = (await register(service, meal, cancelled)).json()
    path = f"{MENU}/registrations/{gone['id']}"
    assert (await service.client.delete(path, headers=diner(cancelled))).status_code == 204
    trip = {"first_day": meal["date"], "last_day": meal["date"], "kind": "trip"}
    away = await service.client.post(f"{MENU}/absences", json=trip, headers=diner(absent))
    assert away.status_code == 201, away.text
    for _ in range(3):
        run(service)
        service.clock.at += timedelta(minutes=5)
    to_chat, to_one = sorted(sent, reverse=True)
    assert to_chat[0] == "wecombot"
    assert "已报 1 人" in to_chat[2]
    assert "20:00" in to_chat[2]
    assert "60 分钟" in to_chat[2]
    assert (to_one[0], "20:00" in to_one[2]) == ("ntfy", True)
    assert "name of" not in str(sent)
    assert _sealed_person(service, to_one) == usual


def _sealed_person(service, _sent) -> uuid.UUID:
    told = select(CHANNELS.c.person_id).join(NOTICES, NOTICES.c.channel_id == CHANNELS.c.id)
    with service.db.reading() as session:
        (found,) = session.execute(told.where(CHANNELS.c.person_id.is_not(None))).scalars()
        return found


@pytest.mark.parametrize(("minutes", "told"), [(None, 1), (0, 0), (59, 0), (60, 1), (120, 1)])
async def test_the_canteen_says_how_long_before_the_cut_off(service, sent, minutes, told):
    await add(service, boss(), BOT, CANTEEN)
    await open_meal(service)
    if minutes is not None:
        with service.db.transaction() as session:
            session.add(CanteenSettingsRow(canteen_id=CANTEEN, remind_minutes=minutes))
    run(service)
    assert len(sent) == told


async def test_two_processes_remind_once(service, sent):
    await add(service, boss(), BOT, CANTEEN)
    await open_meal(service)
    together = threading.Barrier(4)

    def one_process(_: int) -> None:
        together.wait(timeout=60)
        for _ in range(3):
            run(service)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one_process, range(4)))
    assert len(sent) == 1


@pytest.mark.parametrize(("was_sent", "in_all"), [(False, 1), (True, 2)])
async def test_a_sender_killed_in_between_never_loses_a_notice(service, sent, was_sent, in_all):
    """Killed before it sent, the notice goes out once; killed after, it goes out twice."""
    await add(service, boss(), BOT, CANTEEN)
    await open_meal(service)
    jobs.remind(service.db, service.clock)
    outbox, notifier = NoticeOutbox(service.db, service.clock), service.app.state.notifier
    (claimed,) = outbox.claim(service.clock.at, service.clock.at + timedelta(minutes=10), 40)
    if was_sent:
        notifier.send(notifier.open(claimed.sealed), claimed.notice)
    run(service)
    assert len(sent) == in_all - 1
    service.clock.at += timedelta(minutes=10)
    for _ in range(3):
        run(service)
    assert len(sent) == in_all


async def test_what_fails_is_tried_again_and_given_up_when_it_is_too_late(service, sent):
    await add(service, boss(), BOT, CANTEEN)
    await open_meal(service)
    sent.fails = 1
    run(service)
    assert sent == []
    service.clock.at += timedelta(seconds=59)
    run(service)
    assert sent == []
    service.clock.at += timedelta(seconds=1)
    run(service)
    assert len(sent) == 1
    dinner = await open_meal(service, meal="dinner")
    sent.fails = 99
    run(service)
    service.clock.at = datetime.fromisoformat(dinner["cutoff_at"])
    run(service)
    sent.fails = 0
    service.clock.at += timedelta(hours=1)
    run(service)
    assert len(sent) == 1
    with service.db.reading() as session:
        rows = session.execute(select(NOTICES.c.settled_at, NOTICES.c.problem)).all()
    assert all(row.settled_at for row in rows)
    assert sorted(row.problem or "" for row in rows)[1] == msg("It does not answer in time.").in_(
        "zh"
    )


async def test_nobody_is_reminded_at_night(service, sent):
    await add(service, boss(), BOT, CANTEEN)
    today = service.clock.day
    cutoff = datetime.combine(today + timedelta(1), time(6, 30), SHANGHAI)
    await open_meal(service, cutoff_at=cutoff.isoformat(), date=(today + timedelta(1)).isoformat())
    told_at = []
    while service.clock.at < cutoff:
        before = len(sent)
        run(service)
        told_at += [service.clock.at.astimezone(SHANGHAI).time()] * (len(sent) - before)
        service.clock.at += timedelta(minutes=15)
    assert told_at == [time(21, 30)]


async def test_diners_hear_of_seats_and_of_meals_called_off(service, sent):
    await people(service)
    meal = await open_meal(service, capacity=1)
    waits, gives = DINERS[0], DINERS[1]
    for who in (waits, gives):
        await add(service, diner(who))
    first = (await register(service, meal, gives)).json()
    path = f"{MENU}/meal-sessions/{meal['id']}"
    line = await service.client.post(f"{path}/waiting", json={}, headers=diner(waits))
    assert line.status_code == 201, line.text
    run(service)
    sent.clear()
    gone = f"{MENU}/registrations/{first['id']}"
    assert (await service.client.delete(gone, headers=diner(gives))).status_code == 204
    for _ in range(2):
        run(service)
    assert [title for _, title, _ in sent] == [msg("A seat became free").in_("zh")]
    sent.clear()
    closed = await service.client.post(f"{path}:close", json={"reason": "停水"}, headers=boss())
    assert closed.status_code == 200, closed.text
    for _ in range(2):
        run(service)
    assert [(title, "停水" in body) for _, title, body in sent] == [
        (msg("A meal of yours is called off").in_("zh"), True)
    ]


CALLED_OFF, HELD = "A meal of yours is called off", "A meal of yours is held after all"


async def test_who_heard_that_a_meal_is_called_off_hears_that_it_is_held(service, sent):
    await people(service)
    for who in DINERS[:2]:
        await add(service, diner(who))
    meal = await open_meal(service)
    path = f"{MENU}/meal-sessions/{meal['id']}"
    for who in DINERS[1:3]:  # one is not registered, one has no channel
        assert (await register(service, meal, who)).status_code == 201
    for reason in ("停水", "停电"):
        for _ in range(2):  # a repeat tells nobody
            await service.client.post(f"{path}:close", json={"reason": reason}, headers=boss())
            run(service)
        for _ in range(2):
            held = await service.client.post(f"{path}:reopen", headers=boss())
            assert held.status_code == 200, held.text
            run(service)
            service.clock.at += timedelta(seconds=1)
    assert [title for _, title, _ in sent] == [msg(CALLED_OFF).in_("zh"), msg(HELD).in_("zh")] * 2


@pytest.mark.parametrize("tried", [True, False])
async def test_what_was_not_sent_before_the_meal_is_held_again_never_is(service, sent, tried):
    """Who may have heard of the closing hears that the meal is held; who cannot, hears nothing."""
    await people(service)
    await add(service, diner(DINERS[0]))
    meal = await open_meal(service)
    path = f"{MENU}/meal-sessions/{meal['id']}"
    await register(service, meal, DINERS[0])
    await service.client.post(f"{path}:close", json={"reason": "停水"}, headers=boss())
    jobs.tell_news(service.db, service.clock)
    if tried:
        sent.fails = 1
        run(service)
    await service.client.post(f"{path}:reopen", headers=boss())
    for _ in range(3):
        service.clock.at += timedelta(hours=1)
        run(service)
    assert [title for _, title, _ in sent] == ([msg(HELD).in_("zh")] if tried else [])


async def test_a_meal_held_again_while_the_news_are_written_is_not_called_off(service, sent):
    await people(service)
    await add(service, diner(DINERS[0]))
    meal = await open_meal(service)
    await register(service, meal, DINERS[0])
    path = f"{MENU}/meal-sessions/{meal['id']}"
    await service.client.post(f"{path}:close", json={"reason": "停水"}, headers=boss())
    with service.db.reading() as session:
        found = news.find_news(session, service.clock.at)
    assert len(found) == 1
    await service.client.post(f"{path}:reopen", headers=boss())
    with service.db.transaction() as session:
        news.tell(session, found, service.clock.at)
    run(service)
    assert sent == []


async def test_who_has_left_keeps_no_channel(service, sent):
    await people(service)
    await add(service, diner(DINERS[0]))
    await add(service, boss(), BOT, CANTEEN)
    left = person(DINERS[0], "A0", active=False).model_copy(update={"version": 2})
    await service.tell(PeopleChanged(people=[left]))
    jobs.forget_notices(service.db, service.clock)
    with service.db.reading() as session:
        assert session.execute(select(CHANNELS.c.canteen_id)).scalars().all() == [CANTEEN]
