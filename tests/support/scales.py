"""Scales that are not there: the lines they would send, and a port to send them on."""

import os
import random
import select
import threading
import tty
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cleanplate_gateway.scales.protocols import known, parse

NAMES = tuple(known())
SAYS_WHETHER_STABLE = ("a-and-d", "continuous", "toledo-8217")


def protocol(name, **changes):
    return parse(known()[name]).model_copy(update=changes)


def line(name, grams, *, is_stable=True):
    """Return the line of a scale that shows `grams`."""
    sign = "-" if grams < 0 else "+"
    kilograms, state = abs(grams) / 1000, "ST" if is_stable else "US"
    text = {
        "a-and-d": f"{state},{sign}{kilograms:08.3f} kg\r\n",
        "adam": f"{sign if grams < 0 else ' '}{kilograms:12.3f}kg \r\n",
        "continuous": f"{state},GS,{sign}{kilograms:7.3f}kg\r\n",
        "toledo-8217": f"\x02{kilograms:06.3f}\r" if is_stable else "\x02?A\r",
        "xk3190": f"{'-' if grams < 0 else '0'}{kilograms:07.3f}=",
    }[name]
    return text.encode("ascii")


OVERLOAD = {
    "a-and-d": b"OL,+9999999 kg\r\n",
    "continuous": b"OL,GS,+       kg\r\n",
    "toledo-8217": b"\x02?B\r",
}


@dataclass
class Day:
    """What a scale sends in a day, and the weights that were on it."""

    lines: list[bytes] = field(default_factory=list)
    put_on: list[int] = field(default_factory=list)


def a_day(name, readings, seed):
    """Load and unload a scale until it has sent `readings` lines; no line is damaged yet."""
    chance, day, before = random.Random(seed), Day(), 0  # noqa: S311
    while len(day.lines) < readings:
        grams = before if before and chance.random() < 0.2 else 5 * chance.randint(20, 5000)
        if grams == before or chance.random() < 0.7 or abs(grams - before) < 20:
            day.lines += [line(name, 0)] * chance.randint(14, 20)
        day.lines += _moving(name, grams, chance)
        day.lines += _resting(name, grams, chance)
        if chance.random() < 0.3:
            leaning = [int(grams * share) for share in (1.3, 0.7, 1.6)]
            day.lines += [line(name, one, is_stable=False) for one in leaning]
            day.lines += _resting(name, grams, chance)
        day.put_on.append(grams)
        before = grams
    return day


def _moving(name, grams, chance):
    shown = [chance.randint(0, 2 * grams) for _ in range(chance.randint(2, 6))]
    return [line(name, one, is_stable=False) for one in shown]


def _resting(name, grams, chance):
    """Return lines at rest; a scale that says so flickers less than one that does not."""
    count = chance.randint(25, 45)
    if name in SAYS_WHETHER_STABLE:
        return [
            line(name, grams + 5, is_stable=False) if chance.random() < 0.1 else line(name, grams)
            for _ in range(count)
        ]
    return [line(name, grams + 5 * (number % 6 == 3)) for number in range(count)]


def damaged(lines, seed):
    """Return the lines as a bad cable delivers them: cut, doubled, spliced, with noise between."""
    chance, delivered, before = random.Random(seed), [], b""  # noqa: S311
    for one in lines:
        delivered.append(_broken(one, before, chance) if chance.random() < 0.17 else one)
        before = one
    return delivered


def _broken(one, before, chance):
    place = chance.randint(1, len(one) - 1)
    noise = bytes(chance.randrange(256) for _ in range(place))
    return chance.choice([
        one[:place], one[place:], before[:place] + one[place:], noise + one, one + one,
    ])  # fmt: skip


class Port:
    """A serial port at `path`; it can be pulled out and put back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = b""
        self._scale = -1
        self._computer = -1
        self._gone = threading.Event()
        self._sender = threading.Thread()

    def plug_in(self):
        self._scale, self._computer = os.openpty()
        tty.setraw(self._computer)
        os.set_blocking(self._scale, False)
        spare = self.path.with_name("spare")
        spare.symlink_to(os.ttyname(self._computer))
        spare.replace(self.path)
        self._gone = threading.Event()

    def pull_out(self):
        self._gone.set()
        if self._sender.ident:
            self._sender.join()
        self.path.unlink()
        os.close(self._scale)
        os.close(self._computer)

    def send(self, *lines):
        with suppress(BlockingIOError):  # nobody reads, and a scale does not wait
            os.write(self._scale, b"".join(lines))

    def keep_sending(self, one):
        """Send a line fifty times a second."""
        self._in_background(lambda: self._gone.wait(0.02) or self.send(one))

    def answer(self, lines, request):
        """Send one line for each request, and from the last one on always that."""
        waiting = list(lines)

        def answer_once():
            if select.select([self._scale], [], [], 0.02)[0]:
                self.asked += (got := os.read(self._scale, 64))
                for _ in range(got.count(request)):
                    self.send(waiting.pop(0) if len(waiting) > 1 else waiting[0])

        self._in_background(answer_once)

    def _in_background(self, step):
        def going_on():
            while not self._gone.is_set():
                step()

        self._sender = threading.Thread(target=going_on)
        self._sender.start()
