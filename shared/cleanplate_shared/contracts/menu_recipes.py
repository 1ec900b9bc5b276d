"""Contract of the menu service: dishes as they are changed, their recipe cards and photos."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from cleanplate_shared.contracts.common import Body, Day, Grams, Name
from cleanplate_shared.contracts.menu import Allergen, DishKind, DishState
from cleanplate_shared.events import Event

# Several lines; no other control characters.
Method = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
    ),
]
Milligrams = Annotated[int, Field(ge=1, le=5_000_000, strict=True)]
Yield = Annotated[
    int,
    Field(ge=1, le=20_000, strict=True, description="in 1/1000; soaked and boiled food gains"),
]
_Nutrient = Annotated[int, Field(ge=0, le=5_000_000, strict=True)] | None


class DishChange(Body):
    """What changes of a dish; what is left out stays. Grams of null follow the whole portion."""

    name: Name | None = None
    kind: DishKind | None = None
    allergens: Annotated[list[Allergen], Field(max_length=9)] | None = None
    portion_grams: Grams | None = None
    half_grams: Grams | None = None
    small_grams: Grams | None = None


class IngredientCreate(Body):
    """An ingredient of one whole portion."""

    name: Name
    net_milligrams: Milligrams = Field(description="cleaned and cut, ready for the pan")
    net_yield_permille: Yield = Field(
        default=1000, description="净料率: net mass per mass as bought"
    )


class Nutrition(Body):
    """What one whole portion as served contains; null: not known."""

    energy_kj: _Nutrient = None
    protein_mg: _Nutrient = None
    fat_mg: _Nutrient = None
    carbohydrate_mg: _Nutrient = None
    sodium_mg: _Nutrient = None


class RecipeCreate(Body):
    """A new version of a dish's standard recipe card (标准菜卡), per whole portion."""

    valid_from: Day | None = Field(default=None, description="null: today; never a past day")
    cooking_yield_permille: Yield = Field(
        default=1000, description="出成率: cooked mass per net raw mass"
    )
    ingredients: Annotated[list[IngredientCreate], Field(min_length=1, max_length=60)]
    method: Method = ""
    nutrition: Nutrition = Nutrition()


class Ingredient(BaseModel):
    """An ingredient of one whole portion, with what has to be bought for it."""

    name: str
    net_milligrams: int
    net_yield_permille: int
    gross_milligrams: int = Field(description="as bought: net / net yield")


class Recipe(BaseModel):
    """One version of a dish's standard recipe card; it stands for its days as it is."""

    id: UUID
    dish_id: UUID
    number: int
    valid_from: Day
    cooking_yield_permille: int
    ingredients: list[Ingredient]
    net_milligrams: int = Field(description="all ingredients of a whole portion")
    served_milligrams: int = Field(description="on the plate: net x cooking yield")
    method: str
    nutrition: Nutrition
    made_at: datetime


class DishOfMeal(BaseModel):
    """A dish of a meal with the recipe that is valid on its day; null: it has none."""

    dish_id: UUID
    name: str
    portion_grams: int
    choice: str | None
    recipe: Recipe | None


_SheetGrams = Annotated[Decimal, Field(gt=0, le=5000, decimal_places=3)]
_SheetPercent = Annotated[Decimal, Field(gt=0, le=2000, decimal_places=1)]
_SheetNutrient = Annotated[Decimal, Field(ge=0, le=5000, decimal_places=3)] | None


class RecipeSheetRow(BaseModel):
    """One row of the recipes import (菜谱导入): one ingredient of a dish in the library.

    What is said of the dish stands on its first row, or is the same on all of them.
    """

    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    dish: Name = Field(title="菜名", examples=["番茄炒蛋"])
    ingredient: Name = Field(title="食材", examples=["番茄"])
    net_grams: _SheetGrams = Field(title="净料克数", examples=[110], description="of a portion")
    net_yield: _SheetPercent = Field(
        default=Decimal(100), title="净料率%", examples=[95], description="net per bought"
    )
    cooking_yield: _SheetPercent | None = Field(
        default=None, title="出成率%", examples=[90], description="cooked per net; empty: 100"
    )
    energy_kj: Annotated[int, Field(ge=0, le=5_000_000)] | None = Field(
        default=None, title="能量kJ", examples=[620]
    )
    protein_grams: _SheetNutrient = Field(default=None, title="蛋白质g", examples=[9.5])
    fat_grams: _SheetNutrient = Field(default=None, title="脂肪g", examples=[10])
    carbohydrate_grams: _SheetNutrient = Field(default=None, title="碳水化合物g", examples=[6])
    sodium_mg: Annotated[int, Field(ge=0, le=5_000_000)] | None = Field(
        default=None, title="钠mg", examples=[480]
    )
    method: Method = Field(
        default="", title="做法", examples=["鸡蛋先炒至七成熟，番茄炒出汁后合炒"]
    )


class RecipeFacts(BaseModel):
    """A version of a recipe card as other services know it."""

    number: int
    valid_from: Day
    cooking_yield_permille: int
    ingredients: list[IngredientCreate]


class DishFacts(BaseModel):
    """A dish of a canteen's library as other services know it.

    `recipes` are the versions that a meal of today or later can be cooked by: on a day counts the
    highest number among those valid from that day or before.
    """

    dish_id: UUID
    canteen_id: UUID
    name: str
    kind: DishKind
    state: DishState
    portion_grams: int
    half_grams: int
    small_grams: int
    stars: float | None = Field(description="as the menu shows them; None: too few ratings")
    recipes: list[RecipeFacts]
    version: int


class DishesChanged(Event):
    """Dishes, their recipes or their stars changed; at most 100."""

    name: ClassVar[str] = "menu.dishes_changed.v1"
    dishes: Annotated[list[DishFacts], Field(max_length=100)]
