"""Which streams of weighings are which kind of waste."""

from cleanplate_shared.contracts.waste import FOOD_STREAMS, Stream
from cleanplate_shared.contracts.waste_manifests import WasteKind

STREAMS_OF: dict[WasteKind, tuple[Stream, ...]] = {
    WasteKind.FOOD: FOOD_STREAMS,
    WasteKind.OIL: (Stream.OIL,),
    WasteKind.NONFOOD: (Stream.NONFOOD,),
}
KIND_OF = {stream: kind for kind, streams in STREAMS_OF.items() for stream in streams}
