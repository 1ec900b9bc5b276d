"""How the installation's model is trained, and how good it is."""

from fastapi import APIRouter

from cleanplate_forecast.actions.training import runs
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.forecast_training import Training
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.identity import AdminsDep

router = APIRouter(prefix="/training", tags=["training"])


@router.get("")
def show_training(_: AdminsDep, db: DatabaseDep, at: NowDep) -> Training:
    """Show the model that serves, the kept ones, and the latest trainings with their progress."""
    with db.reading() as session:
        return runs.show_training(session, at)


@router.post("", status_code=202)
def ask_for_training(_: AdminsDep, db: DatabaseDep, at: NowDep) -> Training:
    """Have a training begin within a minute; asked twice, it is one."""
    with db.transaction() as session:
        return runs.ask_for_training(session, at)
