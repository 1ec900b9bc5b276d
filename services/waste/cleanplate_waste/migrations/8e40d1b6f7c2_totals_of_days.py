"""What a canteen's day comes to is kept; a job sums the days of before."""

import sqlalchemy as sa
from alembic import op

revision = '8e40d1b6f7c2'
down_revision = '329f11aeb718'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("canteen_day", schema=None) as batch_op:
        batch_op.add_column(sa.Column("net_grams", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("served", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("is_complete", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(
            "ix_canteen_day_month", ["date", "canteen_id", "is_complete", "net_grams", "served"]
        )


def downgrade() -> None:
    with op.batch_alter_table("canteen_day", schema=None) as batch_op:
        batch_op.drop_index("ix_canteen_day_month")
        for column in ("is_complete", "served", "net_grams"):
            batch_op.drop_column(column)
