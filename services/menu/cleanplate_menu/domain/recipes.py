"""Recipe cards: from what is bought to what is on the plate, in whole milligrams."""

from collections.abc import Iterable


def gross_milligrams(net: int, net_yield_permille: int) -> int:
    """Return what has to be bought for `net` milligrams ready for the pan.

    Args:
        net: cleaned and cut.
        net_yield_permille: net mass per mass as bought (净料率); above 1000 for what is soaked.

    Raises:
        ValueError: a yield of nothing.

    Source: net = bought x yield, as in Matthews and Garrison, Food yields summarized by different
    stages of preparation, USDA Agriculture Handbook 102 (1975), turned round.
    """
    if net_yield_permille < 1:
        raise ValueError("a yield is more than nothing")
    return (net * 1000 + net_yield_permille // 2) // net_yield_permille


def served_milligrams(nets: Iterable[int], cooking_yield_permille: int) -> int:
    """Return what `nets` weigh on the plate, cooked together.

    Args:
        nets: of each ingredient, cleaned and cut.
        cooking_yield_permille: cooked mass per raw mass (出成率): water lost or taken up.

    Source: the yield factor of FAO/INFOODS, Guidelines for converting units, denominators and
    expressions (2012): mass of the cooked food per mass of its raw ingredients.
    """
    return (sum(nets) * cooking_yield_permille + 500) // 1000
