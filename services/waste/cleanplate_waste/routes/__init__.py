"""HTTP face of the waste service: parse, call one action, answer."""

from cleanplate_shared.routing import flat
from cleanplate_waste.routes import setup, weighings

router = flat(weighings.router, setup.router)
