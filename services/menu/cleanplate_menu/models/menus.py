"""What a canteen can cook, and what it offers on a day."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field

from cleanplate_menu.models.base import Table, unless_given


class DishRow(Table, table=True):
    """A dish in a canteen's library.

    `half_grams` and `small_grams` are None where they follow from the whole portion. `version`
    counts the changes of the dish and its recipes that other services are told of.
    """

    __tablename__ = "dish"
    __table_args__ = (
        UniqueConstraint("canteen_id", "name", name="dish_once_per_canteen"),
        Index(
            "dish_untold",
            "canteen_id",
            "id",
            sqlite_where=text("version > told_version"),
            postgresql_where=text("version > told_version"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    name: str
    kind: str
    allergens: str = Field(description="codes, separated by spaces")
    portion_grams: int
    half_grams: int | None = None
    small_grams: int | None = None
    state: str = Field(default="offered", sa_column_kwargs=unless_given("offered"))
    photo: str | None = Field(default=None, description="the digest of its photo")
    version: int = Field(default=1, sa_column_kwargs=unless_given("1"))
    told_version: int = Field(default=0, sa_column_kwargs=unless_given("0"))
    told_stars: float | None = None


class DishPhotoRow(Table, table=True):
    """The photo of a dish, made small and stripped of what the camera noted."""

    __tablename__ = "dish_photo"

    dish_id: UUID = Field(primary_key=True, foreign_key="dish.id")
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RecipeRow(Table, table=True):
    """One version of a dish's standard recipe card; it is never changed, only followed.

    A meal of a day is cooked by the highest number among the versions valid on that day.
    Nutrition is of one whole portion as served.
    """

    __tablename__ = "recipe"
    __table_args__ = (UniqueConstraint("dish_id", "number", name="recipe_number_once"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    dish_id: UUID = Field(foreign_key="dish.id")
    number: int
    valid_from: date
    cooking_yield_permille: int = Field(description="出成率: cooked mass per net raw mass")
    method: str = ""
    energy_kj: int | None = None
    protein_mg: int | None = None
    fat_mg: int | None = None
    carbohydrate_mg: int | None = None
    sodium_mg: int | None = None
    made_by: UUID
    made_at: datetime


class RecipeIngredientRow(Table, table=True):
    """An ingredient of a recipe, per whole portion."""

    __tablename__ = "recipe_ingredient"

    recipe_id: UUID = Field(primary_key=True, foreign_key="recipe.id")
    position: int = Field(primary_key=True)
    name: str
    net_milligrams: int
    net_yield_permille: int = Field(description="净料率: net mass per mass as bought")


class MealRuleRow(Table, table=True):
    """How a canteen usually holds a meal; what a new session starts from. Times are local."""

    __tablename__ = "meal_rule"

    canteen_id: UUID = Field(primary_key=True)
    meal: str = Field(primary_key=True)
    cutoff_days_before: int
    cutoff_time: str
    serves_from: str
    serves_until: str
    capacity: int
    service_mode: str


class MenuTemplateRow(Table, table=True):
    """A week's menu kept for use again."""

    __tablename__ = "menu_template"
    __table_args__ = (UniqueConstraint("canteen_id", "name", name="menu_template_once"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    name: str
    meals: list[dict[str, object]] = Field(sa_column=Column(JSON, nullable=False))


class CanteenSettingsRow(Table, table=True):
    """What a canteen decided about its menu and its diners."""

    __tablename__ = "canteen_settings"

    canteen_id: UUID = Field(primary_key=True)
    is_menu_public: bool = False
    no_show_grace: int = Field(default=2, description="no-shows in 30 days that need no reason")
    remind_minutes: int = Field(default=60, description="before the cut-off; 0 = no reminder")


class MealSessionRow(Table, table=True):
    """A meal of one day at one canteen; `version` counts its changes.

    `registered` counts heads: a guest registration of 8 takes 8 seats.
    `past_*` are the totals of registrations and check-ins whose identities were deleted.
    """

    __tablename__ = "meal_session"
    __table_args__ = (
        UniqueConstraint("canteen_id", "day", "meal", name="meal_session_once"),
        CheckConstraint("registered >= 0 AND registered <= capacity", name="meal_session_seats"),
        CheckConstraint("served_count >= 0", name="meal_session_served"),
        Index(
            "meal_session_untold",
            "canteen_id",
            "day",
            "id",
            sqlite_where=text("version > told_version"),
            postgresql_where=text("version > told_version"),
        ),
        Index("meal_session_by_day", "day"),
        Index(
            "meal_session_unreminded",
            "cutoff_at",
            sqlite_where=text("NOT is_reminded"),
            postgresql_where=text("NOT is_reminded"),
        ),
        Index(
            "meal_session_unplanned",
            "cutoff_at",
            sqlite_where=text("NOT is_planned"),
            postgresql_where=text("NOT is_planned"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    day: date
    meal: str
    cutoff_at: datetime
    capacity: int
    registered: int = 0
    served_count: int | None = Field(default=None, description="the independent count")
    served_source: str | None = Field(default=None, description="what counted them")
    service_mode: str = Field(default="buffet", sa_column_kwargs=unless_given("buffet"))
    serves_from: datetime | None = None
    serves_until: datetime | None = None
    closed_reason: str | None = Field(default=None, description="why the canteen holds it not")
    is_planned: bool = Field(
        default=False,
        sa_column_kwargs=unless_given(false()),
        description="standing patterns and opt-out units were registered",
    )
    is_reminded: bool = Field(
        default=False,
        sa_column_kwargs=unless_given(false()),
        description="reminders of the cut-off were written",
    )
    is_imported: bool = Field(default=False, description="totals from a file, no registration here")
    is_registered: bool = Field(default=True, description="whether anybody could register")
    is_forgotten: bool = Field(default=False, description="identities were deleted")
    past_full: int = 0
    past_half: int = 0
    past_small: int = 0
    past_came: int = 0
    past_walk_ins: int = 0
    version: int = 1
    told_version: int = 0


class SessionDishRow(Table, table=True):
    """A dish on the menu of a meal; `choice` is A, B, ... where a diner takes one of them."""

    __tablename__ = "session_dish"

    meal_session_id: UUID = Field(primary_key=True, foreign_key="meal_session.id")
    dish_id: UUID = Field(
        sa_column=Column(ForeignKey("dish.id"), primary_key=True, nullable=False, index=True)
    )
    position: int
    choice: str | None = None


class MenuStampRow(Table, table=True):
    """Counts the changes of what a canteen's menus say of their dishes; none yet: no row."""

    __tablename__ = "menu_stamp"

    canteen_id: UUID = Field(primary_key=True)
    version: int = 1
