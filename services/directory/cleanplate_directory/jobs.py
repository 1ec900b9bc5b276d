"""What the directory does by the clock."""

from cleanplate_directory.actions import sign_ins, signing, throttle
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database


def purge(db: Database, clock: Clock) -> None:
    """Forget expired refresh tokens and old windows of failed sign-ins; tend the signing keys."""
    with db.transaction() as session:
        sign_ins.purge(session, clock())
        throttle.purge(session, clock())
        signing.tend_keys(session, clock())
