import asyncio
import threading

import pytest

from cleanplate_shared.etag import is_known, respond, tagged
from cleanplate_shared.together import Together

CALLERS = 1000


async def test_all_who_ask_at_once_share_a_reading():
    readers, readings = Together(), []

    def read():
        readings.append(1)
        return len(readings)

    asked = [readers.ask("menu", read) for _ in range(CALLERS)]
    other = readers.ask("other", lambda: "other")
    *answers, apart = await asyncio.gather(*asked, other)
    assert len(answers) == CALLERS
    assert set(answers) == {len(readings)} == {1}
    assert apart == "other"
    assert await readers.ask("menu", read) == 2, "nothing is remembered"


async def test_who_comes_while_it_is_read_sees_what_was_changed_before_they_came():
    readers, begun, may_end = Together(), threading.Event(), threading.Event()
    truth, readings = ["old"], []

    def read():
        seen = truth[0]
        readings.append(seen)
        begun.set()
        assert may_end.wait(60)
        return seen

    first = asyncio.create_task(readers.ask("menu", read))
    assert await asyncio.to_thread(begun.wait, 60)
    truth[0] = "new"
    later = [asyncio.create_task(readers.ask("menu", read)) for _ in range(CALLERS)]
    await asyncio.sleep(0)
    may_end.set()
    assert await first == "old"
    assert set(await asyncio.gather(*later)) == {"new"}
    assert readings == ["old", "new"]


async def test_an_error_is_told_to_all_who_asked_and_to_nobody_after():
    readers = Together()

    def fail():
        raise ConnectionError("away")

    told = await asyncio.gather(
        *(readers.ask("menu", fail) for _ in range(5)), return_exceptions=True
    )
    assert [type(one) for one in told] == [ConnectionError] * 5
    assert await readers.ask("menu", lambda: 1) == 1


async def test_who_goes_away_takes_nobody_along():
    readers, may_end = Together(), threading.Event()

    def read():
        assert may_end.wait(60)
        return 1

    leaves, stays = (asyncio.create_task(readers.ask("menu", read)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    may_end.set()
    assert await stays == 1
    with pytest.raises(asyncio.CancelledError):
        await leaves


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("{tag}", True), ('"a", W/{tag}', True), ("*", True), (" {tag} ,", True),
        ('"a"', False), ("", False), ("{tag}x", False),
    ],
)  # fmt: skip
def test_a_tag_is_compared_as_the_standard_says(given, known):
    said = tagged(b"soup")
    assert said.tag != tagged(b"soup ").tag
    given = given.format(tag=said.tag)
    assert is_known(said.tag, given) is known
    answer = respond(said, given, Cache_Control="no-store")
    assert (answer.status_code, answer.body) == ((304, b"") if known else (200, b"soup"))
    assert (answer.headers["etag"], answer.headers["cache-control"]) == (said.tag, "no-store")
