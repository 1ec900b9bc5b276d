"""Contract of the menu service: dishes, meal sessions, registrations, check-ins, attendance."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from cleanplate_shared.contracts.common import (
    Body,
    Card,
    Code,
    Day,
    Grams,
    Instant,
    Meal,
    Name,
    Portion,
)
from cleanplate_shared.contracts.menu_door import CountSource
from cleanplate_shared.contracts.menu_registrations import Rice
from cleanplate_shared.events import Event

PickupCode = Annotated[str, StringConstraints(min_length=4, max_length=12, pattern=r"^[0-9A-Z]+$")]


class Allergen(StrEnum):
    """The eight groups of GB 7718 that must be named, and sesame."""

    GLUTEN = "gluten"
    CRUSTACEANS = "crustaceans"
    FISH = "fish"
    EGGS = "eggs"
    PEANUTS = "peanuts"
    SOY = "soy"
    MILK = "milk"
    NUTS = "nuts"
    SESAME = "sesame"


class DishKind(StrEnum):
    """What a dish is on the plate."""

    STAPLE = "staple"
    MEAT = "meat"
    VEGETABLE = "vegetable"
    SOUP = "soup"
    SIDE = "side"


class DishCreate(Body):
    """A dish in a canteen's library."""

    canteen_id: UUID
    name: Name
    kind: DishKind
    allergens: Annotated[list[Allergen], Field(max_length=9)] = []
    portion_grams: Grams
    half_grams: Grams | None = Field(default=None, description="None: half of the whole portion")
    small_grams: Grams | None = Field(default=None, description="None: 70 % of the whole portion")


class DishState(StrEnum):
    """Whether a canteen offers a dish; a retired one is on no new menu."""

    OFFERED = "offered"
    TRIAL = "trial"
    RETIRED = "retired"


class Dish(BaseModel):
    """A dish in a canteen's library."""

    id: UUID
    canteen_id: UUID
    name: str
    kind: DishKind
    allergens: list[Allergen]
    portion_grams: int
    half_grams: int
    small_grams: int
    given_sizes: list[Portion] = Field(
        description="sizes with grams of their own; the others follow from the whole portion"
    )
    photo: str | None = Field(description="the photo's digest, for its address; null: none")
    state: DishState


class ServiceMode(StrEnum):
    """How a meal is served: 自助餐, 套餐, 称重自选, A/B 套餐."""

    BUFFET = "buffet"
    SET = "set"
    WEIGH = "weigh"
    CHOICE = "choice"


class MealSessionCreate(Body):
    """A meal of one day at one canteen."""

    canteen_id: UUID
    date: Day
    meal: Meal
    cutoff_at: Instant | None = Field(default=None, description="null: by the canteen's rule")
    capacity: Annotated[int, Field(ge=0, le=100_000, strict=True)] | None = Field(
        default=None, description="null: by the canteen's rule"
    )
    dishes: Annotated[list[UUID], Field(max_length=60, description="dish ids")] = []
    service_mode: ServiceMode | None = Field(default=None, description="null: by the rule")
    serves_from: Instant | None = Field(default=None, description="null: by the rule, if any")
    serves_until: Instant | None = None


class CapacityChange(Body):
    """How many seats a meal session has."""

    capacity: Annotated[int, Field(ge=0, le=100_000, strict=True)]


class SessionDish(BaseModel):
    """A dish on the menu of a meal session."""

    id: UUID
    name: str
    kind: DishKind
    allergens: list[Allergen]
    portion_grams: int
    half_grams: int
    small_grams: int
    choice: str | None = Field(description="A, B, ... of which a diner takes one; None: for all")
    photo: str | None = Field(description="the photo's digest, for its address; null: none")
    stars: float | None = Field(default=None, description="of 5, from 5 ratings in 60 days on")
    left_share: float | None = Field(default=None, description="left per prepared mass, 60 days")
    reply: str | None = Field(default=None, description="the kitchen's latest words on the dish")


class MealSessionCounts(BaseModel):
    """A meal of one day at one canteen, with the seats taken so far; its dishes follow."""

    id: UUID
    canteen_id: UUID
    date: Day
    meal: Meal
    cutoff_at: datetime
    capacity: int
    registered: int
    waiting: int = Field(description="people waiting for a seat")
    service_mode: ServiceMode
    serves_from: datetime | None
    serves_until: datetime | None
    closed_reason: str | None = Field(description="why the canteen does not hold it; None: it does")


class MealSession(MealSessionCounts):
    """A meal of one day at one canteen, with the seats taken so far."""

    dishes: list[SessionDish]


class CheckInItem(BaseModel):
    """Somebody came to eat: by one of code, person and number, or an uncounted walk-in."""

    id: UUID
    meal_session_id: UUID
    pickup_code: PickupCode | None = None
    person_id: UUID | None = None
    number: Card | None = Field(default=None, description="staff number, or what the card says")
    at: Instant


class Attendance(BaseModel):
    """Who came to one meal session, counted independently of any weighing."""

    meal_session_id: UUID
    registered: int
    served: int
    no_shows: int
    walk_ins: int
    counted_by: CountSource | None = Field(description="None: check-ins, or a past total")


class PortionTotals(BaseModel):
    """What a kitchen has to prepare for: registrations by portion size, no names."""

    meal_session_id: UUID
    registered: int
    portions: dict[Portion, int]


class DishSheetRow(BaseModel):
    """One row of the dishes import (菜品导入)."""

    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    name: Name = Field(title="菜名", examples=["番茄炒蛋"])
    kind: DishKind = Field(title="类别", examples=["vegetable"])
    portion_grams: Annotated[int, Field(ge=1, le=5000)] = Field(title="整份克数", examples=[180])
    allergens: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", title="过敏原", examples=["eggs"], description="codes, separated by spaces"
    )
    half_grams: Annotated[int, Field(ge=1, le=5000)] | None = Field(
        default=None, title="半份克数", examples=[90], description="empty: half of the whole"
    )
    small_grams: Annotated[int, Field(ge=1, le=5000)] | None = Field(
        default=None, title="小份克数", examples=[125], description="empty: 70 % of the whole"
    )


class HistorySheetRow(BaseModel):
    """One row of the history import (历史就餐导入); contract: one per canteen, meal, open day."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    meal: Meal = Field(title="餐次", examples=["lunch"])
    served: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, title="就餐人数", examples=[412]
    )
    registered: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, title="报餐人数", examples=[436]
    )


class MealSessionSheetRow(BaseModel):
    """One row of the menu import (餐次导入): a planned meal and its dishes."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    meal: Meal = Field(title="餐次", examples=["lunch"])
    capacity: Annotated[int, Field(ge=0, le=100_000)] = Field(title="座位数", examples=[450])
    cutoff: (
        Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:00)?$")] | None
    ) = Field(
        default=None,
        title="截止时间",
        examples=["2026-03-01 20:00"],
        description="the canteen's local time; empty: by its rule, else 20:00 on the day before",
    )
    dishes: Annotated[str, StringConstraints(max_length=4000)] = Field(
        default="", title="菜品", examples=["番茄炒蛋;米饭"], description="names, separated by ;"
    )


class RegistrationSheetRow(BaseModel):
    """One row of a past ledger of registrations (报餐台账): who registered and who came."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    meal: Meal = Field(title="餐次", examples=["lunch"])
    number: Code | None = Field(
        default=None, title="工号", examples=["A0001"], description="empty for an uncounted walk-in"
    )
    portion: Portion | None = Field(
        default=None, title="份量", examples=["full"], description="empty if not registered"
    )
    served: bool = Field(title="已就餐", examples=[True])


class DishTaken(BaseModel):
    """A dish of a meal: who takes it for certain, who did not say, and what was left of it.

    Whoever registered and is in neither number takes other dishes, or another set.
    """

    dish_id: UUID
    choice: str | None = Field(description="A, B, ... of which a diner takes one; None: for all")
    taking: dict[Portion, int] = Field(description="heads that named it, or its set")
    undecided: dict[Portion, int] = Field(description="heads that named nothing")
    prepared_grams: int | None = Field(description="None: not weighed")
    left_grams: int | None


class CookedTotals(BaseModel):
    """What was cooked for a meal and left in its trays: sums over the dishes that were weighed.

    Attributes:
        dishes: how many dishes of the menu they are; unless all, the sums say too little.
    """

    dishes: int
    prepared_grams: int
    left_grams: int


class SessionFacts(BaseModel):
    """A meal session as other services know it; counts are totals, not changes."""

    meal_session_id: UUID
    canteen_id: UUID
    date: Day
    meal: Meal
    cutoff_at: datetime
    capacity: int
    registered: int | None = Field(description="None: nobody registers here (imported history)")
    portions: dict[Portion, int] = Field(description="registered, by portion size")
    served: int | None = Field(description="None: not known (yet); the independent count")
    no_shows: int
    walk_ins: int
    dishes: list[str]
    version: int
    menu: list[DishTaken] | None = Field(default=None, description="None: not told (any more)")
    rice: dict[Rice, int] = Field(default={}, description="registered heads by helping of rice")
    serves_from: datetime | None = None
    serves_until: datetime | None = None
    cooked: CookedTotals | None = Field(default=None, description="None: nobody told")


class MealSessionsChanged(Event):
    """Meal sessions were opened, or their registrations or attendance changed; at most 500."""

    name: ClassVar[str] = "menu.meal_sessions_changed.v1"
    sessions: Annotated[list[SessionFacts], Field(max_length=500)]
