"""HTTP face of the waste service: parse, call one action, answer."""

from cleanplate_shared.routing import flat
from cleanplate_waste.routes import (
    devices,
    haulers,
    inventory,
    ledger,
    manifests,
    province,
    reconciliation,
    setup,
    sorting,
    treatment,
    weighings,
)

router = flat(
    weighings.router,
    province.router,
    setup.router,
    manifests.router,
    ledger.router,
    haulers.router,
    treatment.router,
    reconciliation.router,
    sorting.router,
    inventory.router,
    devices.router,
)
