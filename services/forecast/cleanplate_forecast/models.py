"""Tables of the forecast service."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from cleanplate_forecast.domain.columns import EARLY_HOURS
from cleanplate_shared.contracts.common import Day


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; its metadata holds no other service's."""


def _json(said: str) -> Any:  # noqa: ANN401
    return Field(sa_column=Column(JSON, nullable=False), description=said)


def _version() -> Any:  # noqa: ANN401
    return Field(default=0, sa_type=BigInteger)


class SessionRow(Table, table=True):
    """A meal session as the menu service last described it.

    `early_6` are the registrations as they were six hours before the cut-off; None: not noted.
    """

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("registered >= 0 AND served >= 0", name="ck_session_not_negative"),
        Index("ix_session_series", "canteen_id", "meal", "date"),
        Index("ix_session_date", "date"),
    )

    id: UUID = Field(primary_key=True)
    canteen_id: UUID
    date: Day
    meal: str
    cutoff_at: datetime
    capacity: int
    registered: int | None = Field(description="None: nobody registers here")
    served: int | None = Field(description="None: not known yet")
    walk_ins: int | None = Field(
        default=None, description="who of those was not registered; None: told before it was kept"
    )
    offered: str | None = Field(
        default=None, description="names of its dishes; None: told before they were kept"
    )
    version: int
    looked_at: datetime | None = Field(
        default=None, description="when the hourly job last made its forecast"
    )
    early_1: int | None = None
    early_3: int | None = None
    early_6: int | None = None
    early_12: int | None = None
    early_24: int | None = None
    early_48: int | None = None
    early_96: int | None = None


class GivenDayRow(Table, table=True):
    """What somebody knows in advance of a canteen's day: the weather, an event, anything."""

    __tablename__ = "given_day"

    canteen_id: UUID = Field(primary_key=True)
    date: Day = Field(primary_key=True)
    meal: str = Field(primary_key=True, description="empty: all meals of the day")
    given: dict[str, Any] = _json("number or text by column, x_...")


class GivenImportRow(Table, table=True):
    """When a canteen's column of given days was brought last."""

    __tablename__ = "given_import"

    canteen_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    at: datetime


class GivenRemovalRow(Table, table=True):
    """Given values that somebody deleted, kept for a while to be brought back."""

    __tablename__ = "given_removal"
    __table_args__ = (Index("ix_given_removal_canteen", "canteen_id", "removed_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    name: str
    removed_at: datetime
    taken: list[list[Any]] = _json("day, meal or empty, value; in order of the days")


class ForecastRow(Table, table=True):
    """A forecast as it was published, with what it knew, to be scored when the day is over."""

    __tablename__ = "forecast"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_forecast_session"),
        CheckConstraint("mean >= 0", name="ck_forecast_not_negative"),
    )

    session_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True, description="1, 2, ... of this session")
    model: str
    as_of: Day = Field(description="the last day whose diners it could know")
    registered: int | None
    final: bool = Field(description="the cut-off was past; registrations could not grow")
    mean: float
    quantiles: dict[str, float] = _json("diners by level, 0.1, 0.5 and 0.9 among them; ascending")
    made_at: datetime


class SessionMenuRow(Table, table=True):
    """What a meal session offers, who said to take it, and what was left, as menu last told."""

    __tablename__ = "session_menu"
    __table_args__ = (Index("ix_session_menu_canteen", "canteen_id", "date"),)

    session_id: UUID = Field(primary_key=True)
    canteen_id: UUID
    date: Day
    meal: str
    portions: dict[str, int] = _json("registered heads by portion size")
    rice: dict[str, int] = _json("registered heads by helping of rice")
    dishes: list[dict[str, Any]] = _json("as contracts.menu.DishTaken")
    service_minutes: int | None = None
    version: int


class DishRow(Table, table=True):
    """A dish of a canteen's library as the menu service last described it."""

    __tablename__ = "dish"
    __table_args__ = (Index("ix_dish_canteen", "canteen_id"),)

    id: UUID = Field(primary_key=True)
    canteen_id: UUID
    name: str
    kind: str
    portion_grams: int
    half_grams: int
    small_grams: int
    stars: float | None
    recipes: list[dict[str, Any]] = _json("as contracts.menu_recipes.RecipeFacts")
    version: int


class QuantityRuleRow(Table, table=True):
    """What a canteen decided about the quantities of a kind of dishes, or of one dish.

    What is None is as usual: for a dish as its kind has it, for a kind as the software has it.
    """

    __tablename__ = "quantity_rule"
    __table_args__ = (
        CheckConstraint("shortage_fen >= 0 AND surplus_fen >= 0", name="ck_quantity_rule_costs"),
    )

    canteen_id: UUID = Field(primary_key=True)
    subject: str = Field(primary_key=True, description="a kind of dishes, or a dish's id")
    shortage_fen: int | None = None
    surplus_fen: int | None = None
    refill_fen: int | None = None
    pot_portions: int | None = None
    refill_portions: int | None = None
    refill_minutes: int | None = None


class ProductionPlanRow(Table, table=True):
    """What was suggested to cook for a meal session, as it was shown; numbered 1, 2, ..."""

    __tablename__ = "production_plan"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_production_plan_session"),
    )

    session_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    dishes: list[dict[str, Any]] = _json("as domain.production.Suggestion, by dish")
    model: str
    made_at: datetime


class OverrideRow(Table, table=True):
    """What a cook decided in place of a suggestion; numbered 1, 2, ... of the dish at the meal."""

    __tablename__ = "production_override"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_production_override_session"),
        CheckConstraint("portions >= 0", name="ck_production_override_not_negative"),
    )

    session_id: UUID = Field(primary_key=True)
    dish_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    portions: int | None = Field(description="None: the suggestion after all")
    suggested: int | None = Field(description="portions that were suggested then")
    reason: str
    made_by: UUID | None = Field(description="None: forgotten")
    made_by_name: str | None
    made_at: datetime = Field(index=True)


class RefillRow(Table, table=True):
    """A small batch that was cooked while a meal was served (小锅续供)."""

    __tablename__ = "refill"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_refill_session"),
        CheckConstraint("portions > 0", name="ck_refill_positive"),
        Index("ix_refill_session", "session_id", "dish_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    session_id: UUID
    dish_id: UUID
    portions: int
    at: datetime


class IngredientRow(Table, table=True):
    """How a canteen buys an ingredient: told by supply, or given by hand until supply does.

    `version` is that of what supply told last; what is given by hand leaves it as it is.
    """

    __tablename__ = "ingredient"

    canteen_id: UUID = Field(primary_key=True)
    ingredient: str = Field(primary_key=True)
    category: str | None = None
    supplier: str | None = None
    pack_grams: int
    lead_days: int
    shelf_days: int
    price_fen_per_kg: int | None = None
    is_bought: bool = Field(default=True, description="water from the tap is not")
    level: float | None = Field(default=None, description="wanted chance that it suffices")
    reorder_grams: int | None = Field(default=None, description="s of (s, S)")
    upto_grams: int | None = Field(default=None, description="S of (s, S)")
    version: int = _version()


class StockRow(Table, table=True):
    """The lots of an ingredient in a canteen's store; totals."""

    __tablename__ = "stock"

    canteen_id: UUID = Field(primary_key=True)
    ingredient: str = Field(primary_key=True)
    lots: list[dict[str, Any]] = _json("as contracts.supply.Lot")
    version: int = _version()


class OnOrderRow(Table, table=True):
    """What is on order of an ingredient; totals."""

    __tablename__ = "on_order"

    canteen_id: UUID = Field(primary_key=True)
    ingredient: str = Field(primary_key=True)
    orders: list[dict[str, Any]] = _json("as contracts.supply.Order")
    version: int = _version()


class TrainingLeaseRow(Table, table=True):
    """Who trains the installation's model now, and until when others must believe that.

    There is one row. It is taken by an UPDATE that only one of many replicas can win.
    """

    __tablename__ = "training_lease"
    __table_args__ = (CheckConstraint("id = 1", name="ck_training_lease_one"),)

    id: int = Field(default=1, primary_key=True)
    holder: UUID | None = None
    expires_at: datetime | None = None
    started_at: datetime | None = Field(default=None, description="of the last training")
    asked_at: datetime | None = Field(default=None, description="somebody wants one now")
    takeovers: int = Field(default=0, description="of trainings that died, in a row")


class TrainingRunRow(Table, table=True):
    """A training, and how far it is; numbered 1, 2, ..."""

    __tablename__ = "training_run"
    __table_args__ = (CheckConstraint("0 <= share AND share <= 1", name="ck_training_run_share"),)

    number: int = Field(primary_key=True)
    holder: UUID
    stage: str
    share: float = Field(description="done, 0 to 1")
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = Field(default=None, description="as contracts.forecast_training")
    error: str | None = None
    series: int | None = None
    meals: int | None = None


class StoredModelRow(Table, table=True):
    """A trained model; at most one serves."""

    __tablename__ = "stored_model"
    __table_args__ = (
        Index(
            "uq_stored_model_serving",
            "is_serving",
            unique=True,
            sqlite_where=text("is_serving"),
            postgresql_where=text("is_serving"),
        ),
    )

    version: int = Field(primary_key=True, description="the number of its training")
    trained_at: datetime
    last_day: Day
    series: int
    meals: int
    made_by: str = Field(description="code and libraries, as domain.packing.made_by")
    blob: bytes
    digest: str
    trial_blob: bytes = Field(description="the same, trained without the last four weeks")
    trial_digest: str
    scores: dict[str, Any] = _json("as domain.challenge.Scores")
    is_serving: bool


# For statements about many rows.
SESSIONS, SESSION_MENUS, DISHES, INGREDIENTS, STOCK, ON_ORDER = (
    Table.metadata.tables[name]
    for name in ("session", "session_menu", "dish", "ingredient", "stock", "on_order")
)
GIVEN_DAYS, GIVEN_IMPORTS = (Table.metadata.tables[n] for n in ("given_day", "given_import"))
EARLY = {hours: SESSIONS.c[f"early_{hours}"] for hours in EARLY_HOURS}
