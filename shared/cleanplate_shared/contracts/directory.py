"""Contract of the directory: who exists, where, and what they may do."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, StringConstraints

from cleanplate_shared.contracts.common import Body, Card, Code, Day, Name
from cleanplate_shared.events import Event
from cleanplate_shared.roles import Grant, Role

UserName = Annotated[str, StringConstraints(min_length=2, max_length=64, pattern=r"^[\w.@-]+$")]
NewPassword = Annotated[SecretStr, Field(min_length=10, max_length=200)]
TimeZone = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}$")
]


class OrganizationKind(StrEnum):
    """主管部门 oversees others; 单位 runs canteens."""

    OVERSIGHT = "oversight"
    ORGANIZATION = "organization"


class OrganizationCreate(Body):
    """An oversight body or an organisation below one."""

    name: Name
    kind: OrganizationKind
    parent_id: UUID | None = None


class Organization(BaseModel):
    """An oversight body or organisation."""

    id: UUID
    name: str
    kind: OrganizationKind
    parent_id: UUID | None


class CanteenCreate(Body):
    """A canteen of an organisation."""

    name: Name
    organization_id: UUID
    time_zone: TimeZone = "Asia/Shanghai"


class Canteen(BaseModel):
    """A canteen."""

    id: UUID
    name: str
    organization_id: UUID
    time_zone: str


class UnitCreate(Body):
    """A unit of diners (处室) in an organisation."""

    name: Name
    organization_id: UUID


class Unit(BaseModel):
    """A unit of diners (处室)."""

    id: UUID
    name: str
    organization_id: UUID


class PersonCreate(Body):
    """A person; with a user name they get a one-time password."""

    name: Name
    number: Code
    unit_id: UUID | None = None
    card: Card | None = Field(default=None, description="what the staff card says (卡号)")
    user_name: UserName | None = None
    grants: Annotated[list[Grant], Field(max_length=20)] = []


class Person(BaseModel):
    """A person as managers see them."""

    id: UUID
    name: str
    number: str
    unit_id: UUID | None
    card: str | None
    user_name: str | None
    active: bool
    grants: list[Grant]


class PersonCreated(Person):
    """A new person, with the one-time password that is shown only now."""

    one_time_password: str | None


class CardSet(Body):
    """What a person's staff card says from now on."""

    card: Card | None = Field(description="None: the person has no card (any more)")


class Me(BaseModel):
    """The signed-in person."""

    id: UUID
    name: str
    roles: list[Role]
    canteen_ids: list[UUID]
    unit_id: UUID | None
    must_change_password: bool


class TokenAnswer(BaseModel):
    """A sign-in: a short access token and a refresh token that is used once."""

    access_token: str
    token_type: str
    expires_in: int = Field(description="seconds")
    refresh_token: str


class RefreshRequest(Body):
    """A refresh token to be exchanged or ended."""

    refresh_token: Annotated[
        str, StringConstraints(min_length=20, max_length=200, pattern=r"^[\w.-]+$")
    ]


class PasswordChange(Body):
    """One's own new password."""

    old_password: Annotated[SecretStr, Field(min_length=1, max_length=200)]
    new_password: NewPassword


class DaySet(Body):
    """Whether a day is worked, against the published calendar."""

    is_workday: bool


class CalendarDay(BaseModel):
    """What a day is: worked or not, make-up, holiday, published or provisional."""

    day: Day
    is_workday: bool
    is_make_up: bool
    holiday: str | None
    announced: bool


class UnitSheetRow(BaseModel):
    """One row of the units import (处室导入)."""

    organization: Name = Field(title="单位", examples=["示例市直机关"])
    unit: Name = Field(title="处室", examples=["办公室"])


class PersonSheetRow(BaseModel):
    """One row of the people import (人员导入)."""

    number: Code = Field(title="工号", examples=["A0001"])
    name: Name = Field(title="姓名", examples=["张三"])
    organization: Name = Field(title="单位", examples=["示例市直机关"])
    unit: Name = Field(title="处室", examples=["办公室"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    role: Role = Field(default=Role.DINER, title="角色", examples=["diner"])
    user_name: UserName | None = Field(default=None, title="用户名", examples=["zhangsan"])
    card: Card | None = Field(default=None, title="卡号", examples=["04A2B1C3"])


class CanteenChanged(Event):
    """A canteen was added or changed; `path` holds the ids of the organisations above it."""

    name: ClassVar[str] = "directory.canteen_changed.v1"
    canteen: Canteen
    path: str
    version: int
    organization_names: dict[UUID, str] = Field(
        default_factory=dict, description="of the organisations in `path`"
    )


class KnownPerson(BaseModel):
    """What other services need to know of a person."""

    id: UUID
    name: str
    number: str
    unit_id: UUID | None
    unit: str | None
    canteen_ids: list[UUID] = Field(description="where the person may eat")
    active: bool
    version: int
    card: str | None = Field(default=None, description="for the door; None once not active")


class PeopleChanged(Event):
    """People were added or changed; at most 500 in one event."""

    name: ClassVar[str] = "directory.people_changed.v1"
    people: list[KnownPerson]


class SignInsEnded(Event):
    """A person's tokens issued before an instant are void."""

    name: ClassVar[str] = "directory.sign_ins_ended.v1"
    person_id: UUID
    sign_in_id: UUID | None = Field(default=None, description="only this one; None: all of them")
    issued_before: datetime


class CalendarDaySet(Event):
    """Somebody set whether a day is worked."""

    name: ClassVar[str] = "directory.calendar_day_set.v1"
    day: Day
    is_workday: bool
    version: int
