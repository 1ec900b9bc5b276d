import hashlib
import uuid
from datetime import datetime, time

from sqlalchemy import select

from cleanplate_menu.models import CHECK_INS, KnownPersonRow
from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from support.door import at, here, token_at
from support.identities import bearer
from support.menus import MENU, check_in, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN, SHANGHAI

CARD = "0004a2B1"


def outcomes(results: list[dict]) -> list[str]:
    return [r["problem"]["type"] if r["problem"] else r["outcome"] for r in results]


async def tell(service, number, card, canteen_id=CANTEEN, person_id=None, version=1):
    """Tell menu of a person with a card; return the id."""
    person = KnownPerson(
        id=person_id or uuid.uuid4(), name=f"示例{number}", number=number, unit_id=None, unit=None,
        canteen_ids=[canteen_id], active=True, version=version, card=card,
    )  # fmt: skip
    await service.tell(PeopleChanged(people=[person]))
    return person.id


async def who_came(service) -> list[uuid.UUID | None]:
    with service.db.reading() as session:
        return list(session.scalars(select(CHECK_INS.c.person_id).order_by(CHECK_INS.c.person_id)))


async def entries(service, meal: dict) -> dict[str, dict]:
    """Return the roster of a meal as it is at its noon, by name."""
    noon = datetime.combine(datetime.fromisoformat(meal["date"]), time(11), SHANGHAI)
    service.clock.at = at(noon)
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/roster", headers=token_at(service, "cook", CANTEEN)
    )
    return {entry["name"]: entry for entry in answer.json()["entries"]}


async def test_a_card_checks_in_the_registered_and_the_known(service):
    meal = await open_meal(service)
    diner, walk_in = await tell(service, "A1", CARD), await tell(service, "A2", "卡 2")
    await register(service, meal, diner)
    await tell(service, "A3", "away", OTHER_CANTEEN)
    results = await check_in(
        service,
        here(meal, number=f" {CARD} "),
        here(meal, number="A1"),
        here(meal, number="卡 2"),
        here(meal, number=CARD.lower()),
        here(meal, number=CARD.lstrip("0")),
        here(meal, number="away"),
        here(meal, number="A3"),
        here(meal, number="x" * 65),
    )
    assert outcomes(results) == [
        "created", "AlreadyServed", "created", "NotFound", "NotFound", "NotFound", "NotFound",
        "Unprocessable",
    ]  # fmt: skip
    assert results[5]["problem"] == results[6]["problem"]
    assert await who_came(service) == sorted([diner, walk_in])


async def test_what_was_scanned_without_a_network_counts_once_however_often_it_is_sent(service):
    meal = await open_meal(service)
    diner = await tell(service, "A1", CARD)
    await register(service, meal, diner)
    scan = here(meal, number=CARD) | {"id": str(uuid.uuid4())}
    assert outcomes(await check_in(service, scan)) == ["created"]
    await tell(service, "A1", "new", person_id=diner, version=2)
    assert outcomes(await check_in(service, scan)) == ["duplicate"]
    assert await who_came(service) == [diner]


async def test_a_replaced_card_and_that_of_somebody_who_left_no_longer_work(service):
    meal = await open_meal(service)
    diner = await tell(service, "A1", CARD)
    await register(service, meal, diner)
    await tell(service, "A1", "new", person_id=diner, version=2)
    old, new = here(meal, number=CARD), here(meal, number="new")
    assert outcomes(await check_in(service, old, new)) == ["NotFound", "created"]
    finder = await tell(service, "A2", CARD)
    assert outcomes(await check_in(service, old)) == ["created"]
    assert await who_came(service) == sorted([diner, finder])
    await tell(service, "A1", None, person_id=diner, version=3)
    await tell(service, "A1", CARD, person_id=diner, version=1)  # comes late
    with service.db.reading() as session:
        assert session.get_one(KnownPersonRow, diner).card is None


async def test_a_card_that_says_anothers_number_is_that_of_who_registered_or_refused(service):
    meal = await open_meal(service)
    number, card = await tell(service, "7001", None), await tell(service, "7002", "7001")
    scan = here(meal, number="7001")
    assert outcomes(await check_in(service, scan)) == ["AmbiguousNumber"]
    await register(service, meal, number)
    assert outcomes(await check_in(service, scan)) == ["AmbiguousNumber"]
    await register(service, meal, card)
    assert outcomes(await check_in(service, scan)) == ["created"]
    assert await who_came(service) == [card]


async def test_a_card_of_another_canteen_leaves_the_number_alone(service):
    meal = await open_meal(service)
    mine = await tell(service, "7001", "7001")
    await tell(service, "7002", "7001", OTHER_CANTEEN)
    assert outcomes(await check_in(service, here(meal, number="7001"))) == ["created"]
    assert await who_came(service) == [mine]


async def test_the_list_knows_cards_by_their_hashes_alone(service):
    meal, dinner = await open_meal(service), await open_meal(service, meal="dinner")
    diner = await tell(service, "A1", CARD)
    for one in (meal, dinner):
        await register(service, one, diner)
    await register(service, meal, await tell(service, "A2", None))
    listed = await entries(service, meal)
    said = hashlib.sha256(f"{meal['id']}:{CARD}".encode()).hexdigest()
    assert listed["示例A1"]["card_hash"] == said
    assert listed["示例A2"]["card_hash"] is None
    assert CARD not in str(listed)
    evening = await entries(service, dinner)
    assert evening["示例A1"]["card_hash"] not in {None, said}


async def test_the_list_gives_no_number_that_is_anothers_card_here(service):
    meal = await open_meal(service)
    for number in ("7001", "7002", "7003"):
        await register(service, meal, await tell(service, number, number))
    await tell(service, "B1", "7001")
    await tell(service, "B2", "7002", OTHER_CANTEEN)
    listed = await entries(service, meal)
    assert [listed[f"示例{n}"]["number"] for n in ("7001", "7002", "7003")] == ["", "7002", "7003"]


async def test_no_other_answer_of_the_menu_says_a_card(service):
    meal = await open_meal(service)
    diner = await tell(service, "A1", CARD)
    made = await register(service, meal, diner)
    answers = [made.text]
    for path in (f"meal-sessions/{meal['id']}/registrations", f"meal-sessions/{meal['id']}"):
        answer = await service.client.get(f"{MENU}/{path}", headers=bearer("cook", CANTEEN))
        answers.append(answer.text)
    assert not [text for text in answers if CARD in text]
