"""When names and photos are forgotten: found by their age."""

import sqlalchemy as sa
from alembic import op

revision = "7c4e9a10b2d5"
down_revision = "1bcdf815b73f"
branch_labels = None
depends_on = None
_NAMED = "name IS NOT NULL OR person_id IS NOT NULL"


def upgrade() -> None:
    op.create_index(
        "ix_manifest_entry_named",
        "manifest_entry",
        ["at"],
        sqlite_where=sa.text(_NAMED),
        postgresql_where=sa.text(_NAMED),
    )
    op.create_index("ix_manifest_photo_at", "manifest_photo", ["at"])


def downgrade() -> None:
    op.drop_index("ix_manifest_photo_at", "manifest_photo")
    op.drop_index("ix_manifest_entry_named", "manifest_entry")
