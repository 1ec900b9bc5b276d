"""Training in a process of its own, so that nobody waits for it and its memory is given back."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Event, Thread
from time import monotonic
from typing import Any

from joblib import parallel_config

from cleanplate_forecast.domain.challenge import Scores, Tell, challenge
from cleanplate_forecast.domain.columns import Columns
from cleanplate_forecast.domain.learning import TooLittle
from cleanplate_forecast.domain.packing import NotOurs, Packed, pack, unpack

_NICER = 10
_BEAT_SECONDS = 20.0
_LOOK_SECONDS = 0.2
_NEVER = Event()


class Died(RuntimeError):  # noqa: N818
    """The process ended without an outcome, for want of memory or by a hand."""


class Stopped(RuntimeError):  # noqa: N818
    """The service is ending; the training is to be begun again."""


@dataclass(frozen=True)
class Task:
    """What to train on, and beside what to judge it.

    Attributes:
        columns: of the whole installation.
        last_day: ordinal.
        present: the trial of the model that serves; None: none does.
        scheduler: of a Dask cluster that does the work; "": this process.
    """

    columns: Columns
    last_day: int
    present: Packed | None
    scheduler: str = ""


@dataclass(frozen=True)
class Done:
    """A model and its trial, packed, and how it did; `is_accepted`: it is to serve."""

    model: Packed
    trial: Packed
    scores: Scores
    is_accepted: bool


def work_here(task: Task, tell: Tell) -> Done:
    """Train and judge.

    Raises:
        TooLittle: too few days to learn from.
    """
    with _spread(task.scheduler):
        outcome = challenge(task.columns, task.last_day, _opened(task.present), tell)
    trained = outcome.trained
    return Done(pack(trained.model), pack(trained.trial), outcome.scores, outcome.is_accepted)


def work_apart(task: Task, tell: Tell, stopping: Event = _NEVER) -> Done:
    """Train and judge in a process that gives way to all others.

    `tell` is called at least every twenty seconds; what it raises ends the process.

    Raises:
        TooLittle: too few days to learn from.
        Stopped: `stopping` was set before it was done.
        Died: the process ended before it was done.
    """
    context = get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_serve, args=(there,), daemon=True)
    _start_deaf(child)
    there.close()
    try:
        return _listen(here, task, tell, stopping)
    finally:
        child.terminate()
        child.join()


def _start_deaf(child: BaseProcess) -> None:
    """Start a process that Ctrl-C does not reach: whoever started it ends it."""
    resource_tracker.ensure_running()  # it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        child.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _listen(here: "Connection[Any, Any]", task: Task, tell: Tell, stopping: Event) -> Done:
    try:
        here.send(task)
        for said in _said(here, stopping):
            if isinstance(said, Done):
                return said
            if isinstance(said, Exception):
                raise said
            tell(*said)
    except (EOFError, ConnectionError) as error:
        raise Died("the training's process ended") from error
    raise Stopped


def _said(here: "Connection[Any, Any]", stopping: Event) -> Iterator[Any]:
    """Yield what the process says, its last word again after twenty seconds; until `stopping`."""
    word, beat = ("reading", 0.0), monotonic() + _BEAT_SECONDS
    while not stopping.is_set():
        if here.poll(_LOOK_SECONDS):
            word = here.recv()
        elif monotonic() < beat:
            continue
        beat = monotonic() + _BEAT_SECONDS
        yield word


def _serve(there: "Connection[Any, Any]") -> None:
    os.nice(_NICER)
    Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError):  # nobody listens any more
        there.send(_served(there, there.recv()))


def _served(there: "Connection[Any, Any]", task: Task) -> Done | TooLittle:
    try:
        return work_here(task, lambda stage, share: there.send((stage, share)))
    except TooLittle as error:
        return error


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _opened(packed: Packed | None) -> Any:  # noqa: ANN401
    try:
        return None if packed is None else unpack(packed)
    except NotOurs:
        return None


@contextmanager
def _spread(scheduler: str) -> Iterator[None]:
    if not scheduler:
        yield
        return
    from distributed import Client  # noqa: PLC0415 - only where a cluster is used

    with Client(scheduler), parallel_config(backend="dask"):
        yield
