"""every quantile of a forecast."""

import sqlalchemy as sa
from alembic import op

revision = '5be21f7c90d3'
down_revision = '0ff61248b61c'
branch_labels = None
depends_on = None

LEVELS = {'0.1': 'q10', '0.5': 'q50', '0.9': 'q90'}


def upgrade() -> None:
    with op.batch_alter_table('forecast', schema=None) as batch_op:
        batch_op.add_column(sa.Column('quantiles', sa.JSON(), nullable=True))
    name = 'json_object' if op.get_bind().dialect.name == 'sqlite' else 'json_build_object'
    pairs = ', '.join(f"'{level}', {column}" for level, column in LEVELS.items())
    op.execute(f'UPDATE forecast SET quantiles = {name}({pairs})')
    with op.batch_alter_table('forecast', schema=None) as batch_op:
        batch_op.drop_constraint('ck_forecast_ordered', type_='check')
        batch_op.alter_column('quantiles', nullable=False)
        for column in LEVELS.values():
            batch_op.drop_column(column)


def downgrade() -> None:
    with op.batch_alter_table('forecast', schema=None) as batch_op:
        for column in LEVELS.values():
            batch_op.add_column(sa.Column(column, sa.Float(), nullable=True))
    for level, column in LEVELS.items():
        if op.get_bind().dialect.name == 'sqlite':
            value = f"json_extract(quantiles, '$.\"{level}\"')"
        else:
            value = f"CAST(quantiles ->> '{level}' AS double precision)"
        op.execute(f'UPDATE forecast SET {column} = {value}')
    with op.batch_alter_table('forecast', schema=None) as batch_op:
        for column in LEVELS.values():
            batch_op.alter_column(column, nullable=False)
        batch_op.drop_column('quantiles')
        batch_op.create_check_constraint('ck_forecast_ordered', '0 <= q10 AND q10 <= q50 AND q50 <= q90')
