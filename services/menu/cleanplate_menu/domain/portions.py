"""Portion sizes: 整份, 半份, 小份."""

_PERCENT = {"full": 100, "half": 50, "small": 70}


def portion_grams(whole: int, portion: str, own: int | None = None) -> int:
    """Return the grams of a portion of a dish.

    A canteen that portions by the scale says what it serves. Where it does not, a half is what the
    word says, and a small portion is 70 % of the whole: less at a glance, and still a meal.

    Args:
        whole: grams of a whole portion.
        portion: `full`, `half` or `small`.
        own: grams of this portion, where the canteen set them.
    """
    if own is not None:
        return own
    return (whole * _PERCENT[portion] + 50) // 100
