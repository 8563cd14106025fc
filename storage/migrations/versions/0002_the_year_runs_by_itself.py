"""The year runs by itself."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing was ever sent before this revision; old news must not go out all at once now.
    op.execute("UPDATE outbox SET state = 'dropped', error = 'before delivery' WHERE state = 'pending'")
    op.create_table('tokens',
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('value', sa.LargeBinary(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_tokens'))
    )
    op.create_table('closings',
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('by_member_id', sa.Integer(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['organisations.id'], name=op.f('fk_closings_branch_id_organisations')),
    sa.ForeignKeyConstraint(['by_member_id'], ['members.id'], name=op.f('fk_closings_by_member_id_members')),
    sa.PrimaryKeyConstraint('branch_id', 'month', name=op.f('pk_closings'))
    )
    op.create_table('contacts',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('by_member_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('reached', sa.Boolean(), nullable=False),
    sa.Column('topics', sa.String(length=100), nullable=False),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.Column('next_on', sa.Date(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['organisations.id'], name=op.f('fk_contacts_branch_id_organisations')),
    sa.ForeignKeyConstraint(['by_member_id'], ['members.id'], name=op.f('fk_contacts_by_member_id_members')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_contacts_member_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contacts'))
    )
    with op.batch_alter_table('contacts', schema=None) as batch_op:
        batch_op.create_index('ix_contacts_branch_id_on', ['branch_id', 'on'], unique=False)
        batch_op.create_index('ix_contacts_member_id_on', ['member_id', 'on'], unique=False)

    op.create_table('notices',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('rule', sa.String(length=40), nullable=False),
    sa.Column('clause', sa.String(length=20), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=True),
    sa.Column('period', sa.String(length=20), nullable=False),
    sa.Column('who', sa.String(length=10), nullable=False),
    sa.Column('rung', sa.Integer(), nullable=False),
    sa.Column('recipient_id', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['organisations.id'], name=op.f('fk_notices_branch_id_organisations')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_notices_member_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
    sa.UniqueConstraint('rule', 'subject_id', 'period', 'who', 'rung', 'recipient_id', name=op.f('uq_notices_rule_subject_id_period_who_rung_recipient_id'))
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_message_id', ['message_id'], unique=False)
        batch_op.create_index('ix_notices_recipient_id_planned_at', ['recipient_id', 'planned_at'], unique=False)

    op.create_table('responses',
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('answer', sa.String(length=20), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activities.id'], name=op.f('fk_responses_activity_id_activities')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_responses_member_id_members')),
    sa.PrimaryKeyConstraint('activity_id', 'member_id', name=op.f('pk_responses'))
    )
    op.create_table('settlements',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('rule', sa.String(length=40), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('period', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.Column('by_member_id', sa.Integer(), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['organisations.id'], name=op.f('fk_settlements_branch_id_organisations')),
    sa.ForeignKeyConstraint(['by_member_id'], ['members.id'], name=op.f('fk_settlements_by_member_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlements'))
    )
    with op.batch_alter_table('settlements', schema=None) as batch_op:
        batch_op.create_index('uq_settlements_standing', ['rule', 'period', 'subject_id'], unique=True, sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))

    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.add_column(sa.Column('moved_from', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('cause', sa.String(length=200), server_default='', nullable=False))
        batch_op.add_column(sa.Column('minutes', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('content', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('created_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_activities_starts_at', ['starts_at'], unique=False)

    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.alter_column('by_member_id',
               existing_type=sa.INTEGER(),
               nullable=True)

    with op.batch_alter_table('members', schema=None) as batch_op:
        batch_op.add_column(sa.Column('branch_since', sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE members SET branch_since = created_at")
    with op.batch_alter_table('members', schema=None) as batch_op:
        batch_op.alter_column('branch_since', existing_type=sa.DateTime(timezone=True), nullable=False)

    with op.batch_alter_table('leaves', schema=None) as batch_op:
        batch_op.create_index('ix_leaves_member_id_activity_id', ['member_id', 'activity_id'], unique=False)

    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(length=10), server_default='text', nullable=False))
        batch_op.add_column(sa.Column('extra', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('next_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('platform_id', sa.String(length=100), nullable=True))
        batch_op.drop_index(batch_op.f('ix_outbox_state_created_at'))
        batch_op.create_index('ix_outbox_channel_recipient_sent_at', ['channel', 'recipient', 'sent_at'], unique=False)
        batch_op.create_index('ix_outbox_state_next_at', ['state', 'next_at'], unique=False)

    length = {
        "sqlite": "round((julianday(ends_at) - julianday(starts_at)) * 1440)",
        "postgresql": "round(extract(epoch FROM ends_at - starts_at) / 60)",
    }
    # What is over was never closed by the bot, and nobody was absent because of that.
    op.execute("UPDATE activities SET closed_at = ends_at WHERE ends_at < CURRENT_TIMESTAMP")
    op.execute(f"UPDATE activities SET minutes = {length[op.get_bind().dialect.name]}")


def downgrade() -> None:
    with op.batch_alter_table('members', schema=None) as batch_op:
        batch_op.drop_column('branch_since')

    with op.batch_alter_table('leaves', schema=None) as batch_op:
        batch_op.drop_index('ix_leaves_member_id_activity_id')

    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_state_next_at')
        batch_op.drop_index('ix_outbox_channel_recipient_sent_at')
        batch_op.create_index(batch_op.f('ix_outbox_state_created_at'), ['state', 'created_at'], unique=False)
        batch_op.drop_column('platform_id')
        batch_op.drop_column('leased_until')
        batch_op.drop_column('expires_at')
        batch_op.drop_column('next_at')
        batch_op.drop_column('extra')
        batch_op.drop_column('kind')

    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.alter_column('by_member_id',
               existing_type=sa.INTEGER(),
               nullable=False)

    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.drop_index('ix_activities_starts_at')
        batch_op.drop_column('closed_at')
        batch_op.drop_column('created_at')
        batch_op.drop_column('content')
        batch_op.drop_column('minutes')
        batch_op.drop_column('cause')
        batch_op.drop_column('moved_from')

    with op.batch_alter_table('settlements', schema=None) as batch_op:
        batch_op.drop_index('uq_settlements_standing', sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))

    op.drop_table('settlements')
    op.drop_table('responses')
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.drop_index('ix_notices_recipient_id_planned_at')
        batch_op.drop_index('ix_notices_message_id')

    op.drop_table('notices')
    with op.batch_alter_table('contacts', schema=None) as batch_op:
        batch_op.drop_index('ix_contacts_member_id_on')
        batch_op.drop_index('ix_contacts_branch_id_on')

    op.drop_table('contacts')
    op.drop_table('closings')
    op.drop_table('tokens')
