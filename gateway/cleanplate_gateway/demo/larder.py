"""How the demo's canteens buy their ingredients, and what they have in store: all invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count


@dataclass(frozen=True)
class Shelf:
    """Ingredients that are bought alike.

    `goods` are ingredients as name:grams of a pack:yuan per kilogram.
    """

    category: str
    supplier: str
    lead_days: int
    shelf_days: int
    goods: str

    def named(self) -> Iterator[tuple[str, int, str]]:
        """Yield name, grams of a pack and yuan per kilogram."""
        for good in self.goods.split():
            name, pack, price = good.split(":")
            yield name, int(pack), price


SHELVES = (
    Shelf("蔬菜", "城南蔬菜配送（示例）", 1, 3,
          "青菜:5000:5.2 西兰花:5000:8.6 黄瓜:5000:5.4 番茄:5000:6.5 豆角:5000:9.0 苦瓜:5000:7.2 "
          "青椒:5000:6.8 茄子:5000:5.6 小葱:1000:8.0"),
    Shelf("蔬菜", "城南蔬菜配送（示例）", 1, 10,
          "白菜:10000:2.4 大葱:5000:5.0 胡萝卜:5000:3.6 冬瓜:10000:2.6 红薯:10000:3.8"),
    Shelf("蔬菜", "城南蔬菜配送（示例）", 1, 25, "土豆:20000:3.2 大蒜:2500:9.5 姜:2500:11.0"),
    Shelf("肉禽", "惠民肉联厂（示例）", 1, 3,
          "猪肉:5000:24 五花肉:5000:30 猪里脊:5000:32 排骨:5000:46 牛肉:5000:68 鸡胸肉:5000:18 "
          "鸡腿肉:5000:20 鸭腿:5000:19"),
    Shelf("水产", "江城水产（示例）", 2, 2, "鲈鱼:5000:36 大虾:5000:64"),
    Shelf("蛋奶豆", "绿禾食品（示例）", 1, 4, "豆腐:5000:5.0 豆腐干:2500:14 酸奶:2400:12"),
    Shelf("蛋奶豆", "绿禾食品（示例）", 1, 20, "鸡蛋:15000:10.5"),
    Shelf("水果", "城南蔬菜配送（示例）", 1, 12, "苹果:10000:9.0"),
    Shelf("粮油", "金穗粮油（示例）", 3, 180,
          "大米:25000:5.6 面粉:25000:4.4 小米:5000:9.8 黄豆:10000:7.4 淀粉:5000:8.0 油:20000:11.5 "
          "香油:2500:46 花生米:5000:16 酵母:500:38"),
    Shelf("调料", "金穗粮油（示例）", 3, 365,
          "盐:5000:4.0 糖:5000:8.4 冰糖:5000:11 酱油:5000:9.2 醋:5000:7.0 蒸鱼豉油:2500:24 "
          "豆瓣酱:5000:15 香料:500:90 茶叶:500:80"),
    Shelf("干货", "金穗粮油（示例）", 3, 365, "干香菇:1000:110 干木耳:1000:96 紫菜:500:150"),
)  # fmt: skip
FROM_THE_TAP = ("水",)


def lots(today: date) -> Iterator[tuple[str, int, date]]:
    """Yield what is in store: ingredient, grams, day of expiry; some of it expires soon."""
    number = count()
    for shelf in SHELVES:
        for name, pack, _ in shelf.named():
            nth = next(number)
            keeps = min(shelf.shelf_days, 90)
            yield name, pack * (1 + nth % 2), today + timedelta(max(keeps - nth % 5, 2))
            if nth % 4 == 0:
                yield name, pack * 2 // 5, today + timedelta(1 + nth % 2)
