"""Contract of the forecast service."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class SessionForecast(BaseModel):
    """How many will come to a meal session, and how sure that is."""

    meal_session_id: UUID
    mean: float = Field(ge=0, description="expected diners")
    quantiles: dict[str, float] = Field(
        description='diners by level, "0.05" to "0.95" by a learnt model; "0.1", "0.5" and "0.9" '
        "always; never crossing"
    )
    registered: int | None
    model: str
    made_at: datetime
    by_show_up: bool = Field(
        description="fewer than twenty days of its own: it goes by the registrations, and by how "
        "many of those registered come in the other canteens"
    )
    provisional_calendar: bool = Field(description="the year's holidays are not announced yet")
