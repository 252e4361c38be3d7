"""Whoever appends to the log holds its end: for no longer than it takes to be over."""

from officials import official, service_engine
from sqlalchemy import Engine, insert, text

from geo import asking, audit
from geo.schema import work_event


def test_a_change_that_is_not_over_lets_others_append_and_is_in_the_log_once_it_is(
    hanoi_engine: Engine,
) -> None:
    who, service = official(hanoi_engine, "officer"), service_engine(hanoi_engine)
    with hanoi_engine.connect() as connection:
        one = connection.execute(text("SELECT complaint_id FROM work LIMIT 1")).scalar_one()
    with service.begin() as slow, service.begin() as quick:
        asking.show(slow, who.token)
        slow.execute(
            insert(work_event).values(complaint_id=one, account_id=who.id, act="note", reason=None)
        )
        # It would wait for ever if the other held the chain.
        quick.execute(text("SET LOCAL lock_timeout = '2s'"))
        asking.show(quick, who.token)
        audit.append(quick, "look", "somebody", reason="while the other is at work")
        quick.commit()
    with hanoi_engine.connect() as connection:
        found = text("SELECT act, actor FROM audit WHERE act NOT LIKE 'row.%' ORDER BY id")
        acts = connection.execute(found).all()
        assert [tuple(row) for row in acts] == [("look", who.name), ("work.note", who.name)]
        assert audit.verify(connection).broken is None
    service.dispose()
