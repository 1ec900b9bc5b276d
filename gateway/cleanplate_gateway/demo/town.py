"""Who eats where in the demo: organisations, canteens, units, people, dishes. All invented."""

from dataclasses import dataclass

import numpy as np

from cleanplate_gateway.demo.truth import HALL, OFFICE

OVERSIGHT = "示例市机关事务管理局"


@dataclass(frozen=True)
class CanteenPlan:
    """A canteen, its organisation, its units with their number of diners, and its seats.

    `weekend_share`: on which weekend days (5 Saturday, 6 Sunday) it serves lunch to those on duty,
    and what share of its diners that is.
    """

    name: str
    organization: str
    units: dict[str, int]
    capacity: dict[str, int]
    weekend_share: dict[int, float]
    number_prefix: str


@dataclass(frozen=True)
class Person:
    """Somebody of the demo; with a user name they can sign in."""

    number: str
    name: str
    organization: str
    unit: str
    canteen: str
    role: str
    user_name: str | None = None


@dataclass(frozen=True)
class DemoDish:
    """A dish: what it is, and how well it is liked (1 = as others; more = more is left)."""

    name: str
    kind: str
    grams: int
    allergens: str
    meals: str
    left: float


CANTEENS = (
    CanteenPlan(
        name=OFFICE,
        organization="示例市直机关",
        units={
            "办公室": 38, "组织人事处": 30, "财务处": 34, "政策法规处": 28, "规划发展处": 46,
            "信息中心": 52, "机关党委": 26, "后勤服务中心": 88, "审计处": 32, "宣传处": 36,
            "监察室": 24, "行政执法支队": 156,
        },
        capacity={"breakfast": 320, "lunch": 600, "dinner": 200},
        weekend_share={5: 0.12, 6: 0.10},
        number_prefix="A",
    ),
    CanteenPlan(
        name=HALL,
        organization="示例市民中心",
        units={
            "综合窗口一组": 52, "综合窗口二组": 48, "社会保障大厅": 62, "不动产登记大厅": 44,
            "税务服务大厅": 40, "热线受理中心": 36, "物业保安队": 28,
        },
        capacity={"breakfast": 180, "lunch": 320, "dinner": 120},
        weekend_share={5: 0.35},
        number_prefix="B",
    ),
)  # fmt: skip
# The unit whose people register and stay away, so that there is something to find.
CARELESS_UNIT = "行政执法支队"
OPT_OUT_UNIT = "机关党委"  # everybody is registered for lunch unless they cancel
DEMO_UNIT = "办公室"  # of the demo diner, who is its secretary
STAFF_UNIT = "后勤服务中心"

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚玲桂英华建国文辉鑫宇浩然子涵欣怡雨晨思远佳琪博"

DISHES = (
    DemoDish("鲜肉包子", "staple", 120, "gluten", "b", 0.9),
    DemoDish("素菜包子", "staple", 120, "gluten soy", "b", 1.2),
    DemoDish("馒头", "staple", 100, "gluten", "bld", 1.2),
    DemoDish("花卷", "staple", 100, "gluten", "bd", 1.1),
    DemoDish("小米粥", "soup", 250, "", "bd", 0.9),
    DemoDish("豆浆", "soup", 250, "soy", "b", 0.8),
    DemoDish("茶叶蛋", "side", 55, "eggs soy", "b", 0.6),
    DemoDish("油条", "staple", 80, "gluten", "b", 0.9),
    DemoDish("凉拌黄瓜", "side", 100, "sesame", "bld", 1.0),
    DemoDish("米饭", "staple", 200, "", "ld", 1.1),
    DemoDish("手擀面", "staple", 260, "gluten", "ld", 1.2),
    DemoDish("蒸红薯", "staple", 150, "", "ld", 0.9),
    DemoDish("红烧肉", "meat", 150, "soy", "ld", 1.0),
    DemoDish("宫保鸡丁", "meat", 160, "peanuts soy", "ld", 0.8),
    DemoDish("清蒸鲈鱼", "meat", 160, "fish soy", "ld", 1.2),
    DemoDish("土豆烧牛肉", "meat", 180, "soy", "ld", 0.8),
    DemoDish("糖醋里脊", "meat", 150, "gluten eggs", "ld", 0.8),
    DemoDish("香菇滑鸡", "meat", 160, "soy", "ld", 0.9),
    DemoDish("油焖大虾", "meat", 140, "crustaceans soy", "ld", 1.1),
    DemoDish("木须肉", "meat", 160, "eggs soy", "ld", 1.0),
    DemoDish("卤鸭腿", "meat", 150, "soy", "ld", 1.0),
    DemoDish("番茄炒蛋", "vegetable", 180, "eggs", "ld", 0.8),
    DemoDish("麻婆豆腐", "vegetable", 180, "soy", "ld", 0.9),
    DemoDish("蒜蓉西兰花", "vegetable", 160, "", "ld", 0.9),
    DemoDish("清炒时蔬", "vegetable", 160, "", "ld", 1.1),
    DemoDish("地三鲜", "vegetable", 180, "soy", "ld", 1.0),
    DemoDish("醋溜白菜", "vegetable", 170, "", "ld", 1.3),
    DemoDish("干煸豆角", "vegetable", 160, "", "ld", 1.1),
    DemoDish("苦瓜炒蛋", "vegetable", 160, "eggs", "ld", 1.7),
    DemoDish("酸辣土豆丝", "vegetable", 160, "", "ld", 0.8),
    DemoDish("紫菜蛋花汤", "soup", 220, "eggs", "ld", 1.2),
    DemoDish("冬瓜排骨汤", "soup", 240, "", "ld", 1.0),
    DemoDish("西湖牛肉羹", "soup", 220, "eggs", "ld", 1.0),
    DemoDish("酸奶", "side", 120, "milk", "bl", 0.5),
    DemoDish("时令水果", "side", 130, "", "ld", 0.7),
)
ADJUSTED_DISH = "醋溜白菜"  # the kitchen has answered its diners about it
# What a meal consists of: how many dishes of each kind.
COURSES = {
    "breakfast": {"staple": 3, "soup": 2, "side": 2},
    "lunch": {"meat": 3, "vegetable": 3, "soup": 1, "staple": 2, "side": 1},
    "dinner": {"meat": 2, "vegetable": 2, "soup": 1, "staple": 2},
}

SIGN_INS = ("diner", "cook", "manager", "overseer", "admin")


def people(seed: int) -> list[Person]:
    """Return all diners and the canteens' staff; the first of the office canteen is `diner`."""
    rng = np.random.default_rng([seed, 1])
    found: list[Person] = []
    for plan in CANTEENS:
        number = 0
        for unit, count in plan.units.items():
            for _ in range(count):
                number += 1
                found.append(_diner(plan, unit, number, _name(rng)))
    office = CANTEENS[0]
    staff = [
        _staff(office, "S0001", "孙师傅（示例）", "cook", "cook"),
        _staff(office, "S0002", "周管理员（示例）", "manager", "manager"),
        _staff(CANTEENS[1], "S0003", "吴师傅（示例）", "cook", None),
    ]
    return found + staff


def _diner(plan: CanteenPlan, unit: str, number: int, name: str) -> Person:
    code = f"{plan.number_prefix}{number:04d}"
    is_demo_diner = code == "A0001"
    return Person(
        number=code,
        name="李就餐（示例）" if is_demo_diner else name,
        organization=plan.organization,
        unit=unit,
        canteen=plan.name,
        role="diner",
        user_name="diner" if is_demo_diner else None,
    )


def _staff(plan: CanteenPlan, number: str, name: str, role: str, user_name: str | None) -> Person:
    unit = STAFF_UNIT if plan is CANTEENS[0] else "物业保安队"
    return Person(number, name, plan.organization, unit, plan.name, role, user_name)


def _name(rng: np.random.Generator) -> str:
    given = rng.choice(list(_GIVEN), size=int(rng.integers(1, 3)))
    return str(rng.choice(list(_SURNAMES))) + "".join(given)


def menu(canteen: int, ordinal: int, meal: str) -> list[DemoDish]:
    """Return the dishes of a meal: each kind rotates at its own pace, so weeks differ."""
    chosen: list[DemoDish] = []
    for kind, count in COURSES[meal].items():
        fitting = [dish for dish in DISHES if dish.kind == kind and meal[0] in dish.meals]
        start = ordinal * count + 5 * canteen
        chosen += [fitting[(start + n) % len(fitting)] for n in range(count)]
    return chosen
