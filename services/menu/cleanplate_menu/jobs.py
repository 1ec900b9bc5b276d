"""What runs by the clock."""

from datetime import timedelta

from cleanplate_menu.actions import retention, telling
from cleanplate_menu.actions.door import naming, no_shows
from cleanplate_menu.actions.library import telling as library
from cleanplate_menu.actions.notices import news, outbox, reminders
from cleanplate_menu.actions.planning import absences, planner
from cleanplate_menu.actions.survey import ratings
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database
from cleanplate_shared.notices import Notifier
from cleanplate_shared.service import Job


def tell_sessions(db: Database, _: Clock) -> None:
    """Tell other services of every meal that changed, once.

    What is told is counted before anything is locked: under a rush that takes a while. What
    changes meanwhile is told of the next time.
    """
    told = telling.MOST_AT_ONCE
    while told == telling.MOST_AT_ONCE:
        with db.reading() as session:
            found = telling.untold_facts(session)
        if not found:
            return
        with db.transaction() as session:
            told = telling.tell_sessions(session, found)


def tell_dishes(db: Database, _: Clock) -> None:
    """Tell other services of every dish that changed."""
    while True:
        with db.reading() as session:
            if not library.is_any_dish_untold(session):
                return
        with db.transaction() as session:
            if library.tell_dishes(session) == 0:
                return


def tell_new_stars(db: Database, clock: Clock) -> None:
    """Have dishes told again whose stars have changed."""
    with db.transaction() as session:
        library.tell_new_stars(session, clock())


def plan_meals(db: Database, _: Clock) -> None:
    """Carry out imported absences; register whom plans want at new and changed meals."""
    while True:
        with db.reading() as session:
            absence = absences.next_unapplied(session)
        if absence is None:
            break
        with db.transaction() as session:
            absences.apply_imported(session, absence)
    while True:
        with db.reading() as session:
            meal = planner.next_unplanned(session)
        if meal is None:
            return
        with db.transaction() as session:
            left = planner.plan_meal(session, meal)
        for people in left:
            with db.transaction() as session:
                planner.plan_people(session, meal, people)


def forget_identities(keep_days: int) -> Job:
    """Return the job that turns identities older than `keep_days` into totals."""

    def forget(db: Database, clock: Clock) -> None:
        oldest = clock() - timedelta(keep_days)
        while True:
            with db.reading() as session:
                if not retention.is_anything_old(session, oldest.date()):
                    break
            with db.transaction() as session:
                retention.forget_identities(session, oldest.date())
        with db.transaction() as session:
            retention.forget_answers(session, oldest)
            retention.forget_plans(session, oldest.date())

    return forget


def forget_rated(db: Database, clock: Clock) -> None:
    """Forget who has rated, once nobody may any more."""
    with db.transaction() as session:
        ratings.forget_rated(session, clock())


def judge_meals(db: Database, clock: Clock) -> None:
    """Name the no-shows of meals that are over."""
    at = clock()
    while True:
        with db.reading() as session:
            over = naming.meals_to_judge(session, at)
        if not over:
            return
        with db.transaction() as session:
            naming.judge_meals(session, over, at)


def settle_no_shows(db: Database, clock: Clock) -> None:
    """Withdraw what a later count denies; uphold disputes that nobody answered."""
    with db.transaction() as session:
        naming.reconsider(session, clock())
        no_shows.uphold_unanswered(session, clock())


def remind(db: Database, clock: Clock) -> None:
    """Write the reminders of cut-offs that are near."""
    with db.reading() as session:
        due = reminders.due_reminders(session, clock())
    for one in due:
        with db.transaction() as session:
            reminders.remind(session, one, clock())


def tell_news(db: Database, clock: Clock) -> None:
    """Tell diners of seats they were given and of meals that are called off."""
    with db.reading() as session:
        found = news.find_news(session, clock())
    if found:
        with db.transaction() as session:
            news.tell(session, found, clock())


def deliver_notices(notifier: Notifier) -> Job:
    """Return the job that sends the notices that are due."""

    def deliver(db: Database, clock: Clock) -> None:
        waiting = outbox.NoticeOutbox(db, clock)
        while notifier.deliver_due(waiting).sent:
            pass

    return deliver


def forget_notices(db: Database, clock: Clock) -> None:
    """Forget notices of long ago, and channels of people who have left."""
    with db.transaction() as session:
        outbox.forget(session, clock())
