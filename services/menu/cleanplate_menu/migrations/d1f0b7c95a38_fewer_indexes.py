"""Registrations are found by fewer indexes."""

import sqlalchemy as sa
from alembic import op

revision = 'd1f0b7c95a38'
down_revision = '74e138d3be98'
branch_labels = None
depends_on = None

_OWN = "status = 'registered' AND kind = 'person'"


def upgrade() -> None:
    own, besides = sa.text(_OWN), sa.text("status <> 'registered' OR kind <> 'person'")
    with op.batch_alter_table('registration') as batch_op:
        batch_op.drop_index('registration_by_person')
        batch_op.drop_index('registration_by_code')
        batch_op.drop_index('registration_own_seat_once')
        batch_op.drop_constraint('registration_code_once', type_='unique')
        batch_op.create_unique_constraint('registration_code_once', ['pickup_code', 'meal_session_id'])
        batch_op.create_index('registration_by_meal', ['meal_session_id', 'id'])
        batch_op.create_index('registration_besides', ['person_id', 'meal_session_id'], sqlite_where=besides, postgresql_where=besides)
        batch_op.create_index('registration_own_seat_once', ['person_id', 'meal_session_id'], unique=True, sqlite_where=own, postgresql_where=own)


def downgrade() -> None:
    own = sa.text(_OWN)
    with op.batch_alter_table('registration') as batch_op:
        batch_op.drop_index('registration_own_seat_once')
        batch_op.drop_index('registration_by_meal')
        batch_op.drop_index('registration_besides')
        batch_op.drop_constraint('registration_code_once', type_='unique')
        batch_op.create_unique_constraint('registration_code_once', ['meal_session_id', 'pickup_code'])
        batch_op.create_index('registration_by_person', ['person_id'])
        batch_op.create_index('registration_by_code', ['pickup_code'])
        batch_op.create_index('registration_own_seat_once', ['meal_session_id', 'person_id'], unique=True, sqlite_where=own, postgresql_where=own)
