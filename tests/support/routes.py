"""Routes that many applications of the same service share, for tests that start hundreds of them.

FastAPI works out each route anew for every application that includes it: some 0.2 s for a service.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi.routing import _IncludedRouter

_Build = Callable[[_IncludedRouter, Any], Any]


def worked_out_once(build: _Build) -> _Build:
    """Return `build`, which answers again what it answered for the same route included alike."""
    known: dict[int, list[tuple[Any, Any]]] = {}

    def shared(included: _IncludedRouter, route: Any) -> Any:
        # no test overrides a dependency, the one thing that would belong to one application
        context = replace(included.include_context, dependency_overrides_provider=None)
        alike = known.setdefault(id(route), [])
        for earlier, made in alike:
            if earlier == context:
                return made
        made = build(replace(included, include_context=context), route)
        alike.append((context, made))
        return made

    return shared


def share_routes() -> None:
    """Let all applications of this process share what FastAPI works out for their routes."""
    _IncludedRouter._build_effective_context = worked_out_once(  # type: ignore[method-assign]
        _IncludedRouter._build_effective_context
    )
