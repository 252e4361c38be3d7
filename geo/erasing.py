"""Erasing what is personal of a report; the map keeps the anonymous fact.

Erased are mail address, device, what only the reporter and officials saw (words and place as they
were written, answers that are not public, reasons of a rating) and what photos said of
themselves. The public words, the place, the kind and the history stay, and so does the private
link, which opens nothing more than everyone sees. Each can be called again and changes nothing.
"""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from geo import audit, follows
from geo.questions import Question, public_answers


def erase_participant(connection: Connection, participant_id: int, at: datetime) -> None:
    """Erase what is personal of one reporter or supporter; the others' stays."""
    person = connection.execute(
        text(
            "SELECT p.complaint_id, p.role, p.erased_at, c.code FROM participant p"
            " JOIN complaint c ON c.id = p.complaint_id WHERE p.id = :id"
        ),
        {"id": participant_id},
    ).one_or_none()
    if person is None:
        return
    _lock(connection, person.complaint_id)
    _persons(connection, [participant_id], at)
    if person.role == "reporter":
        _said(connection, person.complaint_id, at)
    if person.erased_at is None:
        audit.append(connection, "citizen.erased", person.code, actor=person.role)


def erase_complaint(connection: Connection, complaint_id: UUID, at: datetime) -> None:
    """Erase what is personal of everybody who takes part in a complaint."""
    _lock(connection, complaint_id)
    persons = connection.execute(
        text("SELECT id FROM participant WHERE complaint_id = :id ORDER BY id"),
        {"id": complaint_id},
    ).scalars()
    _persons(connection, list(persons), at)
    _said(connection, complaint_id, at)


def _lock(connection: Connection, complaint_id: UUID) -> None:
    # A correction under way would store again what is erased.
    connection.execute(
        text("SELECT FROM complaint WHERE id = :id FOR UPDATE"), {"id": complaint_id}
    )


def _persons(connection: Connection, participant_ids: list[int], at: datetime) -> None:
    given = {"ids": participant_ids, "at": at}
    connection.execute(
        text(
            """
            UPDATE participant
               SET address = NULL, confirmation = NULL, confirmed_at = NULL, device = NULL,
                   erased_at = coalesce(erased_at, :at)
             WHERE id = ANY(:ids)
            """
        ),
        given,
    )
    # What was sent keeps its key alone, so that it is not sent again.
    connection.execute(
        text(
            "DELETE FROM mail WHERE participant_id = ANY(:ids)"
            " AND sent_at IS NULL AND failed_at IS NULL"
        ),
        given,
    )
    # A browser's address goes with the last thing it is told of.
    pushed = connection.execute(
        text("DELETE FROM participant_push WHERE participant_id = ANY(:ids)"), given
    )
    if pushed.rowcount:
        follows.forget_unused(connection)
    connection.execute(
        text(
            # Not only where there is one: whether there is, the service may not ask.
            "UPDATE rating SET reason = NULL WHERE participant_id = ANY(:ids)"
        ),
        given,
    )


def _said(connection: Connection, complaint_id: UUID, at: datetime) -> None:
    given = {"id": complaint_id, "at": at}
    own = connection.execute(
        text(
            """
            SELECT s.answers, k.questions
              FROM submission s JOIN complaint c ON c.id = s.complaint_id
              JOIN category k ON k.id = c.category_id
             WHERE s.complaint_id = :id
            """
        ),
        given,
    ).one_or_none()
    if own is not None:
        stays = public_answers([Question.of(one) for one in own.questions], own.answers)
        connection.execute(
            text(
                "UPDATE submission SET words = NULL, address = NULL,"
                " answers = CAST(:answers AS jsonb), erased_at = coalesce(erased_at, :at)"
                " WHERE complaint_id = :id"
            ),
            given | {"answers": json.dumps(stays)},
        )
    connection.execute(
        text(
            "DELETE FROM photo_origin o USING photo p"
            " WHERE o.photo_id = p.id AND p.complaint_id = :id"
        ),
        given,
    )
    # The hash of what was said would confirm a guess at the words that are masked. The key stays:
    # a report that is sent again must not become a second one.
    connection.execute(
        text(
            "UPDATE idempotency i SET fingerprint = '' FROM complaint c"
            " WHERE c.id = :id AND i.key = c.source_key AND i.fingerprint <> ''"
        ),
        given,
    )
