import os
import pickle
import signal
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from multiprocessing import active_children

import numpy as np
import pytest
from distributed import Client, LocalCluster
from joblib import parallel_config
from sqlalchemy import update
from sqlmodel import col, select

from cleanplate_forecast.actions.training import lease as leases
from cleanplate_forecast.domain.columns import QUANTILES
from cleanplate_forecast.domain.learning import TooLittle
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.packing import NotOurs, Packed, pack, unpack
from cleanplate_forecast.domain.spread import RECIPE, Question, ask, train_until
from cleanplate_forecast.jobs.apart import Died, Done, Task, work_apart, work_here
from cleanplate_forecast.jobs.training import NightlyTraining, take_if_due, train
from cleanplate_forecast.models import ForecastRow, SessionRow, StoredModelRow, TrainingRunRow
from cleanplate_shared.clock import now
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.db import Database
from support.identities import bearer
from support.seasons import (
    DAYS,
    LAST_DAYS,
    TODAY,
    YESTERDAY,
    columns,
    finally_asked,
    meal_id,
    silently,
    told,
)
from support.services import CANTEEN

NIGHT = datetime.combine(TODAY, time(2, 30), UTC) - timedelta(hours=8)  # in Shanghai
MORNING = datetime.combine(TODAY, time(0), UTC)


@pytest.fixture(scope="module")
def done(outcome) -> Done:
    trained = outcome.trained
    return Done(pack(trained.model), pack(trained.trial), outcome.scores, is_accepted=True)


@pytest.fixture
async def season(service):
    service.clock.at = NIGHT
    for event in told():
        await service.tell(event)
    with service.db.transaction() as session:
        past = update(SessionRow).where(col(SessionRow.date) < TODAY)
        session.connection().execute(past.values(early_24=col(SessionRow.registered) // 2))
    return service


async def training(service, method="GET"):
    at = service.clock.at.timestamp()
    admin = bearer(role="admin", canteen_id=CANTEEN, iat=at, exp=at + 900)
    answer = await service.client.request(method, "/api/v1/forecast/training", headers=admin)
    assert answer.status_code == (200 if method == "GET" else 202)
    return answer.json()


async def forecast_of(service, meal_session_id):
    at = service.clock.at.timestamp()
    cook = bearer(role="cook", canteen_id=CANTEEN, iat=at, exp=at + 900)
    path = f"/api/v1/forecast/meal-sessions/{meal_session_id}"
    return (await service.client.get(path, headers=cook)).json()


def begin(service):
    return take_if_due(service.db, service.clock())


def finish(service, lease, done):
    train(service.db, service.clock, lease, work=lambda *_: done)


def has_serving(service) -> bool:
    with service.db.reading() as session:
        return (
            session.exec(select(StoredModelRow).where(StoredModelRow.is_serving)).first()
            is not None
        )


async def test_a_night_brings_a_model_that_forecasts_what_is_ahead(season):
    told_of = []

    def work(task, tell):
        return work_here(task, lambda *said: (tell(*said), told_of.append(said)))

    train(season.db, season.clock, begin(season), work=work)
    shown = await training(season)
    [run], serving = shown["runs"], shown["serving"]
    assert (run["outcome"], run["stage"], run["error"]) == ("replaced", "ended", None)
    assert (serving["version"], serving["series"], serving["meals"]) == (1, 4, 4 * DAYS)
    assert serving["scores"]["new"] < serving["scores"]["rule"]
    assert 0 < serving["scores"]["new_wape"] < serving["scores"]["rule_wape"] < 1
    assert (serving["scores"]["verdict"], serving["scores"]["present_wape"]) == ("better", None)
    assert [stage for stage, _ in told_of] == ["learning", "comparing"]
    season.clock.at = MORNING
    season.run_jobs()
    made = await forecast_of(season, meal_id(CANTEEN, "lunch", 3))
    assert made["model"].endswith("#1")
    assert 100 < made["mean"] < 300  # the 40 registrations of three days ahead are not final
    season.clock.at += timedelta(hours=1, minutes=5)
    season.run_jobs()
    made = await forecast_of(season, meal_id(CANTEEN, "lunch", 0))
    assert made["mean"] < 90, "now they are"
    with season.db.reading() as session:
        rows = session.exec(select(ForecastRow).where(col(ForecastRow.final))).all()
    assert {(row.as_of, row.registered) for row in rows} == {(TODAY - timedelta(days=1), 40)}


async def test_a_model_forecasts_from_its_first_minute_on_and_only_what_it_tends(season, done):
    season.run_jobs()
    lunch = meal_id(CANTEEN, "lunch", 0)
    assert "#" not in (await forecast_of(season, lunch))["model"]
    finish(season, begin(season), done)
    season.clock.at += timedelta(minutes=1)
    season.run_jobs()
    assert "#" in (await forecast_of(season, lunch))["model"]
    season.clock.at += timedelta(hours=3)
    assert "#" not in (await forecast_of(season, lunch))["model"], "the hourly job stands still"


@pytest.mark.parametrize("registered", [60, 140])
async def test_a_forecast_before_the_cut_off_rests_on_the_usual_pace(season, done, registered):
    finish(season, begin(season), done)
    lunch = next(iter(told())).sessions[DAYS + 2]
    season.clock.at = lunch.cutoff_at - timedelta(hours=24)
    told_now = lunch.model_copy(update={"registered": registered, "version": 2})
    await season.tell(MealSessionsChanged(sessions=[told_now]))
    season.run_jobs()
    made = await forecast_of(season, lunch.meal_session_id)
    assert made["model"].endswith("#1")
    expected = registered * 2 * 0.9
    assert made["mean"] == pytest.approx(expected, rel=0.15), "half of them register that early"
    assert made["quantiles"]["0.1"] < expected < made["quantiles"]["0.9"]
    assert list(made["quantiles"]) == [str(level) for level in QUANTILES]
    assert sorted(made["quantiles"].values()) == list(made["quantiles"].values())


async def test_no_training_by_day_while_a_model_serves(season, done):
    finish(season, begin(season), done)
    for hours in (4, 8, 20, 23):
        season.clock.at = NIGHT + timedelta(hours=hours)
        assert begin(season) is None
    season.clock.at = NIGHT + timedelta(days=1)
    assert begin(season) is not None


async def test_a_missed_night_is_made_up_by_day(season, done):
    finish(season, begin(season), done)
    season.clock.at = NIGHT + timedelta(hours=29)
    assert begin(season) is None
    season.clock.at = NIGHT + timedelta(hours=31)
    assert begin(season) is not None


async def test_without_four_weeks_nobody_trains_unless_asked(service):
    service.clock.at = NIGHT
    for event in told(days=27):
        await service.tell(event)
    assert begin(service) is None
    await training(service, "POST")
    train(service.db, service.clock, begin(service), work=work_here)
    [run] = (await training(service))["runs"]
    assert (run["outcome"], run["error"]) == ("too_little", None)


async def test_asked_twice_it_trains_once_more(season, done):
    finish(season, begin(season), done)
    season.clock.at = MORNING + timedelta(hours=5)
    assert begin(season) is None
    await training(season, "POST")
    assert (await training(season, "POST"))["asked_at"] is not None
    finish(season, begin(season), done)
    assert begin(season) is None
    shown = await training(season)
    assert (shown["asked_at"], len(shown["runs"])) == (None, 2)


async def test_of_many_replicas_one_trains_and_once_a_night(season, done):
    urls = [season.db.engine.url.render_as_string(hide_password=False)] * 4
    replicas = [Database(url, {}, season.clock) for url in urls]
    with ThreadPoolExecutor(8) as together:
        taken = list(together.map(lambda n: take_if_due(replicas[n % 4], NIGHT), range(16)))
    [lease] = [one for one in taken if one]
    finish(season, lease, done)
    assert [take_if_due(replica, NIGHT + timedelta(hours=1)) for replica in replicas] == [None] * 4
    for replica in replicas:
        replica.engine.dispose()
    assert len((await training(season))["runs"]) == 1


async def test_a_killed_trainer_is_followed_by_another_when_its_lease_ran_out(season, done):
    await training(season, "POST")
    url = season.db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "support.trainer", url]
    env = {"PYTHONPATH": ":".join(sys.path)}
    trainer = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)  # noqa: S603, ASYNC220
    assert trainer.stdout.readline() == "1\n"
    trainer.send_signal(signal.SIGKILL)
    trainer.communicate()
    season.clock.at = now() + leases.LASTS / 2
    assert begin(season) is None, "nobody knows yet that it died"
    assert (await training(season))["is_running"]
    season.clock.at = now() + leases.LASTS * 1.5
    lease = begin(season)
    finish(season, lease, done)
    runs = (await training(season))["runs"]
    assert [(run["number"], run["outcome"]) for run in runs] == [(2, "replaced"), (1, "lost")]


async def test_a_training_that_kills_its_process_is_not_repeated_for_ever(season):
    taken = 0
    for _ in range(10):
        taken += begin(season) is not None
        season.clock.at += leases.LASTS * 1.5
    assert taken == 4  # and three more
    season.clock.at = NIGHT + timedelta(days=1)
    assert begin(season) is not None


async def test_whoever_lost_the_lease_publishes_nothing(season, done):
    def work(task, tell):
        season.clock.at += leases.LASTS * 1.5
        assert begin(season) is not None
        return done

    train(season.db, season.clock, begin(season), work=work)
    assert not has_serving(season)
    with season.db.reading() as session:
        runs = session.exec(select(TrainingRunRow).order_by(col(TrainingRunRow.number))).all()
    assert [run.outcome for run in runs] == ["lost", None]


async def test_a_renewed_lease_lasts_as_long_as_the_training(season, done):
    def work(task, tell):
        for _ in range(5):
            season.clock.at += leases.LASTS * 0.9
            tell("learning", 0.5)
            assert begin(season) is None
        return done

    train(season.db, season.clock, begin(season), work=work)
    assert has_serving(season)


async def test_a_failure_is_noted_and_the_lease_given_back(season):
    def work(task, tell):
        raise MemoryError

    with pytest.raises(MemoryError):
        train(season.db, season.clock, begin(season), work=work)
    shown = await training(season)
    assert (shown["runs"][0]["outcome"], shown["runs"][0]["error"]) == ("failed", "MemoryError")
    assert (shown["is_running"], shown["serving"]) == (False, None)


async def test_a_model_that_is_not_accepted_is_kept_aside(season, done):
    finish(season, begin(season), done)
    for night in range(1, 6):
        season.clock.at = NIGHT + timedelta(days=night)
        finish(season, begin(season), replace(done, is_accepted=False))
    shown = await training(season)
    assert shown["serving"]["version"] == 1
    assert [model["version"] for model in shown["models"]] == [6, 5, 1]
    assert shown["runs"][0]["outcome"] == "kept"


async def test_scores_kept_before_there_were_verdicts_are_shown_all_the_same(season, done):
    finish(season, begin(season), done)
    before = {"new": 0.02, "present": None, "rule": 0.03, "seen": 0.02, "days": 20, "meals": 80}
    with season.db.transaction() as session:
        session.connection().execute(update(StoredModelRow).values(scores=before))
    scores = (await training(season))["serving"]["scores"]
    assert scores == before | dict.fromkeys(["new_wape", "present_wape", "rule_wape", "verdict"])


@pytest.mark.parametrize("change", [{"blob": b"other bytes"}, {"made_by": "scikit-learn 0.1"}])
async def test_a_model_of_other_bytes_or_another_version_does_not_serve(season, done, change):
    foreign = replace(
        done, model=replace(done.model, digest=sha256(str(change).encode()).hexdigest())
    )
    finish(season, begin(season), foreign if "blob" in change else done)
    with season.db.transaction() as session:
        session.connection().execute(update(StoredModelRow).values(**change))
    season.clock.at = MORNING
    season.run_jobs()
    made = await forecast_of(season, meal_id(CANTEEN, "lunch", 1))
    assert made["model"] == "mean8-registered-1"
    season.clock.at = NIGHT + timedelta(hours=7)
    assert (begin(season) is not None) == ("made_by" in change), "the night is not waited for"


def test_only_what_a_model_is_made_of_is_loaded(outcome, done):
    asked = finally_asked(np.array([DAYS - 1]), YESTERDAY - 1)
    again = ask(unpack(done.model), columns(), [asked])
    assert np.array_equal(again.values, ask(outcome.trained.model, columns(), [asked]).values)
    for what in (print, subprocess.Popen, np.load, Done):
        blob = zlib.compress(pickle.dumps(what))
        with pytest.raises(NotOurs):
            unpack(Packed(blob, sha256(blob).hexdigest()))
    with pytest.raises(NotOurs):
        unpack(replace(done.model, digest=done.trial.digest))


def test_work_in_a_process_of_its_own_ends_as_it_would_here():
    task = Task(columns().up_to(TODAY.toordinal() - DAYS + 3), YESTERDAY, None)
    with pytest.raises(TooLittle):
        work_here(task, silently)
    stages = []
    with pytest.raises(TooLittle):
        work_apart(task, lambda *said: stages.append(said[0]))
    assert stages[-1] == "learning"  # before that it may be told again that it begins
    with pytest.raises(Died):
        work_apart(replace(task, columns=None), silently)


@pytest.mark.parametrize(("sent", "end"), [(signal.SIGINT, TooLittle), (signal.SIGTERM, Died)])
def test_the_process_is_deaf_to_ctrl_c_and_dies_without_a_word(capfd, sent, end):
    task = Task(columns().up_to(TODAY.toordinal() - DAYS + 3), YESTERDAY, None)
    with ThreadPoolExecutor(1) as beside:
        outcome = beside.submit(work_apart, task, silently)
        while not (children := active_children()) and not outcome.done():
            pass
        os.kill(children[0].pid, sent)
        assert isinstance(outcome.exception(), end)
    assert capfd.readouterr().err == ""


async def test_a_training_ends_with_its_service_and_the_next_one_begins_it_again(season, capfd):
    nightly = NightlyTraining("")
    nightly.begin_if_due(season.db, season.clock)
    while not active_children():
        pass
    assert begin(season) is None, "it is under way"
    nightly.stop()
    shown = await training(season)
    assert (shown["is_running"], shown["runs"][0]["outcome"]) == (False, "lost")
    assert (active_children(), capfd.readouterr().err) == ([], "")
    nightly.begin_if_due(season.db, season.clock)
    assert len((await training(season))["runs"]) == 1, "who is ending begins nothing"
    assert begin(season) is not None


def test_two_processes_of_a_cluster_train_and_forecast_the_same(outcome):
    known, trial = columns(), outcome.trained.trial
    asked = [finally_asked(np.flatnonzero(known.days == YESTERDAY), YESTERDAY - 1)]
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        parallel_config(backend="dask"),
    ):
        [model] = train_until(known, LAST_DAYS[1:], RECIPE)
        spread = ask(model, known, asked)
        assert len(client.scheduler_info()["workers"]) == 2
    assert np.array_equal(spread.values, ask(trial, known, asked).values)


def test_parts_are_answered_as_the_whole(outcome):
    known, model = columns(), outcome.trained.model
    rows = np.resize(np.flatnonzero(known.days > YESTERDAY - 7), 2_500)
    hours = np.array([np.nan, 24.0, 0.0])[np.arange(len(rows)) % 3]
    asked = [Question(rows, Seen.at(known, rows, hours), YESTERDAY - 7)]
    with parallel_config(backend="threading", n_jobs=2):
        parts = ask(model, known, asked)
    assert np.array_equal(parts.values, ask(model, known, asked).values)
