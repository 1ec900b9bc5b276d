"""What the report service listens to."""

from cleanplate_report.actions import learning
from cleanplate_shared.contracts.directory import CanteenChanged
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.contracts.waste import DaysWeighed
from cleanplate_shared.contracts.waste_tiers import TiersJudged
from cleanplate_shared.events import Handlers

HANDLERS: Handlers = {
    CanteenChanged.name: (CanteenChanged, learning.learn_canteen),
    DaysWeighed.name: (DaysWeighed, learning.learn_days),
    MealSessionsChanged.name: (MealSessionsChanged, learning.learn_sessions),
    TiersJudged.name: (TiersJudged, learning.learn_tiers),
}
