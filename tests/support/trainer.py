"""A replica that begins to train and goes no further: `python -m support.trainer <database>`."""

import sys
import time

from cleanplate_forecast.jobs.training import take_if_due
from cleanplate_shared.clock import now
from cleanplate_shared.db import Database


def main(url: str) -> None:
    """Take the lease, say so, and wait to be killed."""
    lease = take_if_due(Database(url, {}), now())
    sys.stdout.write(f"{lease.number if lease else 'none'}\n")
    sys.stdout.flush()
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1])
