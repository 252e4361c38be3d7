"""A complaint about which everything that can be private is: each word of it is a mark that no
answer to anybody else may hold."""

import secrets
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from geo.participants import hashed

KIND = "noise"


class Planted(NamedTuple):
    """Where it is, and the link of its reporter."""

    id: UUID
    code: str
    ward: str
    """`set:code` of the area that handles it."""
    mark: str
    """In every private word of it, and nowhere else."""
    link: str
    geom: str
    """As longitude and latitude are written in JSON, which nobody else may learn."""


def wards(engine: Engine, least: int = 3) -> list[str]:
    """The wards with the most open complaints, as `set:code`."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT s.code || ':' || a.code FROM work w JOIN area a ON a.id = w.area_id"
                " JOIN area_set s ON s.id = a.set_id GROUP BY 1 HAVING count(*) >= :least"
                " ORDER BY count(*) DESC, 1"
            ),
            {"least": least},
        )
        return [str(one) for one in rows.scalars()]


_SENSITIVE = (
    "UPDATE category SET sensitive = true WHERE code = :kind",
    "UPDATE complaint SET category_id = (SELECT id FROM category WHERE code = :kind),"
    " text = :mark || ' text', address = :mark || ' address', source_key = :mark || ' key'"
    " WHERE id = :id",
    "INSERT INTO answer (complaint_id, text) VALUES (:id, :mark || ' answer')",
)
_PRIVATE = (
    "UPDATE complaint SET source_key = :mark || ' key' WHERE id = :id",
    "INSERT INTO submission (complaint_id, words, address, answers, editable_until)"
    " VALUES (:id, :mark || ' words', :mark || ' home',"
    "  jsonb_build_object('name', CAST(:mark AS text)), now())"
    " ON CONFLICT (complaint_id) DO UPDATE SET words = excluded.words, address = excluded.address",
    "INSERT INTO participant (complaint_id, role, link, device, address, language)"
    " VALUES (:id, 'reporter', :link, :device, :mark || '@example.org', 'vi')",
    "INSERT INTO work_note (complaint_id, account_id, text)"
    " VALUES (:id, :account, :mark || ' note')",
    "INSERT INTO work_event (complaint_id, account_id, act, reason)"
    " VALUES (:id, :account, 'assign', :mark || ' reason')",
    "INSERT INTO look (complaint_id, act, actor, reason)"
    " VALUES (:id, 'look', 'x', :mark || ' look')",
    "INSERT INTO photo (id, complaint_id, hidden, width, height, bytes, digest, likeness)"
    " VALUES (:photo, :id, true, 1, 1, 1, :device, 7), (:other, :id, false, 1, 1, 1, :device, 7)",
    "INSERT INTO photo_origin (photo_id, digest, media_type)"
    " VALUES (:photo, :device, 'image/jpeg')",
    "INSERT INTO photo_alike (photo_id, other_id, distance) VALUES (:photo, :other, 0)",
    "INSERT INTO idempotency (key, fingerprint, code) SELECT :mark || ' key', 'x', code"
    "  FROM complaint WHERE id = :id",
    "INSERT INTO rating (complaint_id, participant_id, closed_at, verdict, reason)"
    " SELECT :id, id, now(), 'dissatisfied', :mark || ' verdict' FROM participant"
    "  WHERE complaint_id = :id",
    "INSERT INTO work_pause (complaint_id, since, until, reason)"
    " VALUES (:id, now() - interval '2 days', now() - interval '1 day', :mark || ' pause')",
    "INSERT INTO work_reminder (complaint_id, kind, due_at) VALUES (:id, 'remind', now())",
    "INSERT INTO due_history (complaint_id, handle_due_at) VALUES (:id, now())",
    "INSERT INTO work_question (complaint_id, account_id, text, reply, replied_at)"
    " VALUES (:id, :account, :mark || ' question', :mark || ' reply', now())",
    "INSERT INTO work_closing (complaint_id, account_id, text, photos, proof)"
    " VALUES (:id, :account, :mark || ' closing', '{}', '[]')",
)


def plant(engine: Engine, ward: str, *, sensitive: bool = True) -> Planted:
    """Make one open complaint of a ward such a one, by the owner of the tables.

    One that is not `sensitive` is public but for what is private of each.
    """
    mark, link = f"BIMAT{secrets.token_hex(6)}", secrets.token_urlsafe(32)
    in_set, _, code = ward.partition(":")
    with engine.begin() as connection:
        row = connection.execute(
            text(
                "SELECT c.id, c.code, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat"
                "  FROM work w JOIN complaint c ON c.id = w.complaint_id"
                "  JOIN category k ON k.id = c.category_id AND k.domain_id ="
                "       (SELECT domain_id FROM category WHERE code = :kind)"
                "  JOIN area a ON a.id = w.area_id JOIN area_set s ON s.id = a.set_id"
                " WHERE s.code = :set AND a.code = :area AND NOT EXISTS ("
                "       SELECT FROM idempotency i WHERE i.code = c.code)"
                " ORDER BY c.id LIMIT 1"
            ),
            {"set": in_set, "area": code, "kind": KIND},
        ).one()
        account = connection.execute(
            text("INSERT INTO account (name, full_name) VALUES (:name, 'X') RETURNING id"),
            {"name": f"p{secrets.token_hex(4)}"},
        ).scalar_one()
        values = {
            "id": row.id, "mark": mark, "link": hashed(link), "device": secrets.token_bytes(32),
            "photo": uuid4(), "other": uuid4(), "account": account, "kind": KIND,
        }  # fmt: skip
        for statement in (*(_SENSITIVE if sensitive else ()), *_PRIVATE):
            connection.execute(text(statement), values)
    return Planted(row.id, row.code, ward, mark, link, f"{row.lon},{row.lat}")
