"""Weighings are numbered and chained, corrected by other records, and summed by day."""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '5b1d0c7e9a34'
down_revision = '386c425f2ad7'
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
_STREAMS = "'spoilage', 'prep_unavoidable', 'prep_avoidable', 'unserved', 'plate', 'oil', 'nonfood'"
_KEPT = (
    "id, weighed_at, canteen_id, meal_session_id, meal, date, stream, gross_grams, tare_grams, "
    "net_grams, device_id, sequence, received_at, recorded_by, reason, container"
)
_INDEXES = {
    "ix_weighing_day": ["canteen_id", "date"],
    "ix_weighing_newest": ["canteen_id", "weighed_at", "id"],
    "ix_weighing_session": ["meal_session_id"],
}


def upgrade() -> None:
    _put_aside()
    _create_weighing(
        sa.Column("clock_skew_seconds", sa.BigInteger(), nullable=True),
        sa.Column("method", _TEXT(), nullable=False),
        sa.Column("entered_quantity", _TEXT(), nullable=True),
        sa.Column("entered_unit", _TEXT(), nullable=True),
        sa.Column("entered_grams_per_unit", sa.Integer(), nullable=True),
        sa.Column("dish_id", sa.Uuid(), nullable=True),
        sa.Column("food", _TEXT(), nullable=True),
        sa.Column("photo_sha256", _TEXT(), nullable=True),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.Column("withdraws", sa.Boolean(), nullable=False),
        sa.Column("corrected_by", sa.Uuid(), nullable=True),
        sa.Column("previous_hash", _TEXT(), nullable=True),
        sa.Column("hash", _TEXT(), nullable=True),
        keys=["id", "weighed_at"],
        postgresql_partition_by="RANGE (weighed_at)",
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE weighing_other PARTITION OF weighing DEFAULT")
    op.create_index("ix_weighing_device", "weighing", ["canteen_id", "device_id", "sequence"])
    op.create_table(
        "weighing_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("weighed_at", _INSTANT(), nullable=False),
        sa.Column("canteen_id", sa.Uuid(), nullable=False),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.Column("content_hash", _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_weighing_corrects",
        "weighing_key",
        ["corrects", "canteen_id"],
        unique=True,
        sqlite_where=sa.text("corrects IS NOT NULL"),
        postgresql_where=sa.text("corrects IS NOT NULL"),
    )
    op.create_table(
        "device",
        sa.Column("canteen_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", _TEXT(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("canteen_id", "device_id"),
    )
    op.create_table(
        "day_stream",
        sa.Column("canteen_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("meal", _TEXT(), nullable=False),
        sa.Column("stream", _TEXT(), nullable=False),
        sa.Column("is_pending", sa.Boolean(), nullable=False),
        sa.Column("net_grams", sa.BigInteger(), nullable=False),
        sa.Column("weighings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("canteen_id", "date", "meal", "stream", "is_pending"),
        sa.CheckConstraint("net_grams >= 0 AND weighings >= 0", name="ck_day_stream_not_negative"),
    )
    op.create_index("ix_day_stream_date", "day_stream", ["date"])
    op.execute(
        f"INSERT INTO weighing ({_KEPT}, method, withdraws) "
        f"SELECT {_KEPT}, 'typed', false FROM weighing_before"
    )
    op.execute(
        "INSERT INTO weighing_key (id, weighed_at, canteen_id, content_hash) "
        "SELECT id, weighed_at, canteen_id, content_hash FROM weighing_before"
    )
    pending = "meal_session_id IS NOT NULL AND meal IS NULL"
    op.execute(
        "INSERT INTO day_stream "
        "(canteen_id, date, meal, stream, is_pending, net_grams, weighings) "
        f"SELECT canteen_id, date, coalesce(meal, ''), stream, {pending}, sum(net_grams), count(*) "
        f"FROM weighing_before GROUP BY canteen_id, date, coalesce(meal, ''), stream, {pending}"
    )
    op.drop_table("weighing_before")


def downgrade() -> None:
    """Keep each record; what only the newer schema knows of it is lost."""
    op.drop_index("ix_weighing_device", "weighing")
    _put_aside()
    _create_weighing(sa.Column("content_hash", _TEXT(), nullable=False), keys=["id"])
    op.execute(
        f"INSERT INTO weighing ({_KEPT}, content_hash) SELECT "
        + ", ".join(f"w.{name.strip()}" for name in _KEPT.split(","))
        + ", k.content_hash FROM weighing_before w JOIN weighing_key k ON k.id = w.id "
        "WHERE w.corrected_by IS NULL AND NOT w.withdraws"
    )
    for table in ("weighing_before", "weighing_key", "device", "day_stream"):
        op.drop_table(table)


def _put_aside() -> None:
    for name in _INDEXES:
        op.drop_index(name, "weighing")
    op.rename_table("weighing", "weighing_before")


def _create_weighing(*more: "sa.Column[object]", keys: list[str], **options: Any) -> None:
    op.create_table(
        "weighing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("weighed_at", _INSTANT(), nullable=False),
        sa.Column("canteen_id", sa.Uuid(), nullable=False),
        sa.Column("meal_session_id", sa.Uuid(), nullable=True),
        sa.Column("meal", _TEXT(), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("stream", _TEXT(), nullable=False),
        sa.Column("gross_grams", sa.Integer(), nullable=False),
        sa.Column("tare_grams", sa.Integer(), nullable=False),
        sa.Column("net_grams", sa.Integer(), nullable=False),
        sa.Column("device_id", _TEXT(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("received_at", _INSTANT(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("reason", _TEXT(), nullable=True),
        sa.Column("container", _TEXT(), nullable=True),
        *more,
        sa.CheckConstraint(f"stream IN ({_STREAMS})", name="ck_weighing_stream"),
        sa.CheckConstraint("net_grams = gross_grams - tare_grams", name="ck_weighing_net"),
        sa.CheckConstraint(
            "net_grams >= 0 AND tare_grams >= 0", name="ck_weighing_not_negative"
        ),
        sa.PrimaryKeyConstraint(*keys),
        **options,
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "weighing", columns)
