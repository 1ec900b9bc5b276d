"""Tables of the directory service."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import AutoString, Field, SQLModel

from cleanplate_shared.contracts.directory import OrganizationKind
from cleanplate_shared.roles import Role


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; its metadata holds no other service's."""


class OrganizationRow(Table, table=True):
    """An oversight body or organisation; `path` holds its own id and those above it: /a/b/."""

    __tablename__ = "organization"
    __table_args__ = (
        UniqueConstraint("parent_id", "name", name="organization_name_once"),
        Index(
            "organization_root_name_once",
            "name",
            unique=True,
            sqlite_where=text("parent_id IS NULL"),
            postgresql_where=text("parent_id IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    kind: OrganizationKind = Field(sa_type=AutoString)
    parent_id: UUID | None = Field(default=None, foreign_key="organization.id")
    path: str


class CanteenRow(Table, table=True):
    """A canteen of an organisation."""

    __tablename__ = "canteen"
    __table_args__ = (UniqueConstraint("organization_id", "name", name="canteen_name_once"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    organization_id: UUID = Field(foreign_key="organization.id")
    time_zone: str
    version: int = 1


class UnitRow(Table, table=True):
    """A unit of diners (处室)."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("organization_id", "name", name="unit_name_once"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    organization_id: UUID = Field(foreign_key="organization.id")


class PersonRow(Table, table=True):
    """A person; who has a user name and a password can sign in."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("organization_id", "number", name="person_number_once"),
        UniqueConstraint("user_name", name="person_user_name_once"),
        Index("person_in_order", "number", "id"),
        Index("person_card_once", "card", unique=True),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    organization_id: UUID = Field(foreign_key="organization.id")
    number: str
    name: str
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id")
    card: str | None = Field(default=None, description="what the staff card says")
    user_name: str | None = Field(default=None, description="case-folded")
    password_hash: str | None = None
    must_change_password: bool = True
    active: bool = True
    version: int = 1


class GrantRow(Table, table=True):
    """A role of a person, at one canteen or at all canteens below an organisation."""

    __tablename__ = "person_grant"
    __table_args__ = (
        CheckConstraint(
            "(canteen_id IS NULL) <> (organization_id IS NULL)", name="grant_has_one_scope"
        ),
        Index(
            "grant_at_canteen_once",
            "person_id",
            "role",
            "canteen_id",
            unique=True,
            sqlite_where=text("canteen_id IS NOT NULL"),
            postgresql_where=text("canteen_id IS NOT NULL"),
        ),
        Index(
            "grant_at_organization_once",
            "person_id",
            "role",
            "organization_id",
            unique=True,
            sqlite_where=text("organization_id IS NOT NULL"),
            postgresql_where=text("organization_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    role: Role = Field(sa_type=AutoString)
    canteen_id: UUID | None = Field(default=None, foreign_key="canteen.id", index=True)
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)


class SignInRow(Table, table=True):
    """One sign-in on one device: the family of its refresh tokens; its id is the token's `sid`."""

    __tablename__ = "sign_in"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    started_at: datetime
    ended_at: datetime | None = None


class RefreshTokenRow(Table, table=True):
    """A refresh token, known only by its SHA-256."""

    __tablename__ = "refresh_token"

    token_hash: str = Field(primary_key=True)
    sign_in_id: UUID = Field(foreign_key="sign_in.id", index=True)
    expires_at: datetime = Field(index=True)
    used_at: datetime | None = None


class SigningKeyRow(Table, table=True):
    """A key that access tokens are signed with; a retired one is published a while longer."""

    __tablename__ = "signing_key"

    kid: str = Field(primary_key=True)
    private_pem: str
    created_at: datetime
    retired_at: datetime | None = None


class SignInWindowRow(Table, table=True):
    """When the passwords of one account, or from one address, were lately checked in vain."""

    __tablename__ = "sign_in_window"

    key: str = Field(primary_key=True)
    recent: list[float] = Field(default_factory=list, sa_type=JSON)
    last_at: float = Field(default=0.0, index=True, description="seconds of the epoch")
