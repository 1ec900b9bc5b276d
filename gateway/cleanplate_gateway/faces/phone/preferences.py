"""What a diner usually takes, and avoids."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cleanplate_gateway.faces.client import Refused, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.own import read_preferences
from cleanplate_gateway.faces.phone.telling import told
from cleanplate_gateway.faces.rendering import is_fragment, render
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu import Allergen
from cleanplate_shared.contracts.menu_planning import Diet, Preferences
from cleanplate_shared.contracts.menu_registrations import Rice

router = APIRouter()


class PreferencesForm(BaseModel):
    """What the form of the preferences sends."""

    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    diet: Annotated[list[Diet], Field(max_length=6)] = []
    avoid: Annotated[list[Allergen], Field(max_length=9)] = []


class PreferencesShown(BaseModel):
    """What was just done."""

    said: Literal["saved"] | None = None


@router.get("/preferences")
async def show_preferences(
    request: Request, _person: PersonDep, wanted: Annotated[PreferencesShown, Query()]
) -> Response:
    """Show what one usually takes and avoids."""
    return await _show(request, wanted.model_dump(exclude_none=True), None)


@router.post("/preferences")
async def set_preferences(
    request: Request, _person: PersonDep, wanted: Annotated[PreferencesForm, Form()]
) -> Response:
    """Set what one usually takes and avoids."""

    async def change() -> Mapping[str, object]:
        body = Preferences(
            portion=wanted.portion, rice=wanted.rice, diets=wanted.diet, avoids=wanted.avoid
        )
        await send(request, "menu", "PUT", "/preferences/mine", body)
        return {"said": "saved"}

    async def show(said: Mapping[str, str], refused: Refused | None) -> Response:
        return await _show(request, said, refused)

    return await told(request, change(), "/m/preferences", show)


async def _show(request: Request, said: Mapping[str, str], refused: Refused | None) -> Response:
    return render(
        request,
        "phone/preferences.html",
        refused.problem.status if refused else 200,
        usual=await read_preferences(request) or Preferences(),
        said=said.get("said"),
        problem=refused.words if refused else None,
        portions=list(Portion),
        rices=list(Rice),
        diets=list(Diet),
        allergens=list(Allergen),
        fragment=is_fragment(request),
    )
