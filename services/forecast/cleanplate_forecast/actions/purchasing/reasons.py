"""Why so much is bought: one line per ingredient."""

from collections.abc import Sequence

from cleanplate_forecast.domain.purchasing import Delivery, Terms
from cleanplate_shared.i18n import Message, msg

_KILOGRAM = 1_000


def reason_of(deliveries: Sequence[Delivery], terms: Terms) -> Message:
    """Return why so many packs are bought, in kilograms."""
    figures = {
        "percent": f"{terms.level * 100:.0f}",
        "needed": _about(sum(one.needed for one in deliveries)),
        "stored": _about(sum(one.in_store for one in deliveries)),
        "ordered": _about(sum(one.on_order for one in deliveries)),
        "packs": sum(one.packs for one in deliveries),
        "pack": _kg(terms.pack_grams),
    }
    if not figures["packs"]:
        return msg(
            "{percent} % quantile {needed} kg; {stored} kg of it in store, {ordered} kg on order:"
            " nothing to buy.",
            **figures,
        )
    if terms.reorder_grams is not None or terms.upto_grams is not None:
        return msg(
            "{percent} % quantile {needed} kg, then less than {least} kg would be left: up to"
            " {most} kg, {packs} × {pack} kg.",
            least=_kg(terms.reorder_grams or 0),
            most=_kg(max(terms.upto_grams or 0, terms.reorder_grams or 0)),
            **figures,
        )
    if any(one.is_capped for one in deliveries):
        return msg(
            "{percent} % quantile {needed} kg; {stored} kg in store, {ordered} kg on order;"
            " {packs} × {pack} kg, one less than that, as it would expire.",
            **figures,
        )
    return msg(
        "{percent} % quantile {needed} kg; {stored} kg in store, {ordered} kg on order;"
        " {packs} × {pack} kg.",
        **figures,
    )


def _about(grams: int) -> str:
    """Return kilograms to the tenth; less than one, to the gram."""
    return _kg(grams if grams < _KILOGRAM else round(grams, -2))


def _kg(grams: int) -> str:
    return f"{grams / 1000:.3f}".rstrip("0").rstrip(".")
