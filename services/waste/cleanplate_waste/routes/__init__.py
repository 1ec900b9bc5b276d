"""HTTP face of the waste service: parse, call one action, answer."""

from cleanplate_shared.routing import flat
from cleanplate_waste.routes import haulers, ledger, manifests, setup, treatment, weighings

router = flat(
    weighings.router,
    setup.router,
    manifests.router,
    ledger.router,
    haulers.router,
    treatment.router,
)
