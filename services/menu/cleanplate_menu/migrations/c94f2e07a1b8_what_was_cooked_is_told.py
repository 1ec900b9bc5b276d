"""Meals whose dishes were weighed are told again, with what was cooked."""

from alembic import op

revision = 'c94f2e07a1b8'
down_revision = '0c8bdb73b279'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE meal_session SET version = version + 1"
        " WHERE id IN (SELECT meal_session_id FROM leftover)"
    )


def downgrade() -> None:
    """Leave the meals as they are: they are told again, which changes nothing."""
