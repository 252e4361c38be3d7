"""Pictures that look alike are found among many, and others are not."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import photo_files as files
import pytest
from PIL import Image, ImageEnhance
from sqlalchemy import Engine, text

from geo import photos
from geo.photo import clean, likeness

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)


def _store(engine: Engine, hashes: list[int], complaint: UUID | None = None) -> list[UUID]:
    """Photos with these hashes, each of a complaint of its own unless one is given."""
    rows: list[dict[str, Any]] = [
        {"id": uuid4(), "complaint": complaint or uuid4(), "likeness": one} for one in hashes
    ]
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO photo (id, complaint_id, width, height, bytes, digest, likeness)"
                " VALUES (:id, :complaint, 4, 3, 9, '', :likeness)"
            ),
            rows,
        )
    return [row["id"] for row in rows]


def _flipped(one: int, bits: list[int]) -> int:
    for bit in bits:
        one ^= 1 << bit
    return one


def _signed(one: int) -> int:
    return one - 2**64 if one >= 2**63 else one


def test_all_within_seven_bits_are_found_and_none_beyond_eight(engine: Engine) -> None:
    rng = np.random.default_rng(7)
    mine = [int(one) for one in rng.integers(0, 2**64, 4, dtype=np.uint64)]
    others = [int(one) for one in rng.integers(0, 2**64, 2000, dtype=np.uint64)]
    for one in mine:
        for n in range(13):
            chosen = [list(rng.choice(64, n, replace=False)) for _ in range(6)]
            others += [_flipped(one, [int(bit) for bit in bits]) for bits in chosen]
    complaint = uuid4()
    here = dict(zip(_store(engine, [_signed(one) for one in others]), others, strict=True))
    own = dict(zip(_store(engine, [_signed(one) for one in mine], complaint), mine, strict=True))
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for part in (0, 1):
            # Marked again, it is no error.
            photos.mark_alike(connection, complaint)
            rows = connection.execute(text("SELECT * FROM photo_alike")).all()
            assert rows or part
    # No more than twenty are kept of each: the nearest.
    for number, one in own.items():
        found = {row.other_id: row.distance for row in rows if row.photo_id == number}
        near = sorted((one ^ other).bit_count() for other in here.values())
        assert len(found) == 20
        assert sorted(found.values()) == near[:20]
        assert all((one ^ here[other]).bit_count() == found[other] for other in found)
        assert not set(found) & set(own)
    # Beyond the twenty nearest, all within seven bits are candidates.
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM photo_alike"))
        statement = text(photos.sql("geo", "alike").text)
        values = {"complaint": complaint, "distance": 7, "place": 500, "most": 1000}
        connection.execute(statement, values)
        pairs = connection.execute(text("SELECT photo_id, other_id FROM photo_alike")).all()
    wanted = {
        (number, other)
        for number, one in own.items()
        for other, hashed in here.items()
        if (one ^ hashed).bit_count() <= 7
    }
    assert {tuple(pair) for pair in pairs} == wanted


def test_a_flood_of_one_picture_does_not_hide_an_equal_one(engine: Engine) -> None:
    one = 0x1234_5678_9ABC_DEF0
    _store(engine, [one ^ (n << 48) for n in range(2000)])
    [equal] = _store(engine, [one])
    complaint = uuid4()
    _store(engine, [one], complaint)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        photos.mark_alike(connection, complaint)
        rows = connection.execute(text("SELECT * FROM photo_alike ORDER BY distance")).all()
    assert len(rows) == 20
    assert equal in {row.other_id for row in rows if row.distance == 0}


def test_photos_not_sent_and_those_of_answers_take_no_part(engine: Engine) -> None:
    [waiting, answers] = _store(engine, [5, 5])
    complaint = uuid4()
    _store(engine, [5], complaint)
    with engine.begin() as connection:
        connection.execute(text("UPDATE photo SET complaint_id = NULL WHERE id = :id"),
                           {"id": waiting})  # fmt: skip
        connection.execute(text("DELETE FROM photo WHERE id = :id"), {"id": answers})
        photos.mark_alike(connection, complaint)
        assert not connection.execute(text("SELECT count(*) FROM photo_alike")).scalar_one()
        gone = connection.execute(text("SELECT photo_id FROM photo_discarded")).scalars().all()
    assert gone == [answers], "its files are to go"


def _distance(one: int, other: int) -> int:
    return ((one ^ other) & (2**64 - 1)).bit_count()


@pytest.mark.parametrize("seed", range(5))
def test_a_picture_that_was_changed_a_little_stays_like_itself(seed: int) -> None:
    image = files.picture(seed + 40, 900, 675)
    before = likeness(image)
    changed = [
        image.resize((480, 360), Image.Resampling.BILINEAR),
        ImageEnhance.Brightness(image).enhance(1.1),
        image.crop((9, 7, 891, 668)),
        image.convert("L"),
    ]
    assert all(_distance(before, likeness(one)) <= photos.ALIKE_BITS for one in changed)
    again = clean(files.encoded(image, "JPEG", quality=40)).likeness
    assert _distance(before, again) <= photos.ALIKE_BITS
    assert _distance(before, likeness(files.picture(seed + 41, 900, 675))) > photos.ALIKE_BITS
