"""Photos over HTTP: sent once however often they are sent, shown with a complaint, and gone."""

import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import photo_files as files
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api import sweeping
from api.app import create_app
from api.cli import app as command
from api.settings import Settings
from api.storage import PREFIXES, PhotoStore, StoreSettingError
from geo import photos
from geo.errors import OverloadedError
from geo.photo_kinds import MOST_BYTES

JPEG = files.encoded(files.picture(11), "JPEG")
SAID = {"lon": 105.8342, "lat": 21.0278, "category": "pothole", "text": "Ổ gà lớn"}


@pytest.fixture
def client(hanoi_engine: Engine, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(hanoi_engine, Settings(var=tmp_path))
    yield TestClient(app, raise_server_exceptions=False)
    app.state.darkroom.stop()


def _sent(client: TestClient, *contents: bytes, **more: Any) -> tuple[str, list[UUID]]:
    """A complaint with photos: its code, and their ids in order."""
    tokens = [client.post("/api/v1/photos", content=one).json()["photo"] for one in contents]
    answer = client.post("/api/v1/complaints", json=SAID | {"photos": tokens} | more)
    assert answer.status_code == 201, answer.text
    code = answer.json()["id"]
    with client.app.state.engine.connect() as connection:  # type: ignore[attr-defined]
        ids = connection.execute(
            text(
                "SELECT p.id FROM photo p JOIN complaint c ON c.id = p.complaint_id"
                " WHERE c.code = :code ORDER BY position"
            ),
            {"code": code},
        ).scalars()
        return code, list(ids)


def _files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "photos").rglob("*.jpg")}


def _do(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def test_a_photo_is_shown_only_once_it_is_sent_and_in_two_sizes(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path
) -> None:
    big = files.encoded(files.picture(12, 3000, 2000), "JPEG", quality=80)
    told = client.post("/api/v1/photos", content=big)
    assert told.status_code == 201
    assert told.headers["cache-control"] == "no-store"
    assert told.json() | {"photo": ""} == {
        "photo": "", "width": 2048, "height": 1365, "position": None, "taken_at": None,
    }  # fmt: skip
    with hanoi_engine.connect() as connection:
        photo = connection.execute(text("SELECT id FROM photo")).scalar_one()
    assert client.get(f"/photos/{photo}.jpg").status_code == 404
    assert (tmp_path / "photos").stat().st_mode & 0o777 == 0o700
    said = SAID | {"photos": [told.json()["photo"]]}
    assert client.post("/api/v1/complaints", json=said).status_code == 201
    for name, side in ((f"/photos/{photo}.jpg", 2048), (f"/photos/{photo}-small.jpg", 480)):
        answer = client.get(name)
        assert answer.status_code == 200
        assert max(Image.open(io.BytesIO(answer.content)).size) == side
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert answer.headers["content-disposition"] == "inline"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        again = client.get(name, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = client.head(name)
        assert (head.status_code, head.content) == (200, b"")
    assert client.get(f"/photos/{uuid4()}.jpg").status_code == 404
    assert client.get("/photos/../secret.jpg").status_code == 404


def test_ten_replays_make_one_photo_and_another_file_is_a_conflict(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path
) -> None:
    key = {"Idempotency-Key": "the same each time"}
    told = [client.post("/api/v1/photos", content=JPEG, headers=key).json() for _ in range(10)]
    assert all(one == told[0] for one in told)
    assert len(_files(tmp_path)) == 2
    other = files.encoded(files.picture(13), "JPEG")
    assert client.post("/api/v1/photos", content=other, headers=key).status_code == 409
    # Without a key, each is a photo of its own.
    assert client.post("/api/v1/photos", content=JPEG).json()["photo"] != told[0]["photo"]
    with hanoi_engine.connect() as connection:
        stored = connection.execute(text("SELECT to_jsonb(p)::text FROM photo p")).scalars().all()
    assert len(stored) == 2
    assert all(told[0]["photo"] not in row for row in stored)


async def test_an_upload_that_breaks_off_is_no_fault_and_leaves_nothing(
    client: TestClient, tmp_path: Path
) -> None:
    came = iter(
        [
            {"type": "http.request", "body": JPEG[:1000], "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    answers: list[Any] = []

    async def receive() -> Any:
        return next(came)

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/photos", "query_string": b"",
        "headers": [], "http_version": "1.1", "scheme": "http", "root_path": "",
        "server": ("here", 80), "client": ("there", 1),
    }  # fmt: skip
    await client.app(scope, receive, send)
    assert answers[0]["status"] == 400
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secret"]


def test_of_two_that_come_at_once_one_is_kept(client: TestClient, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def send(_: int) -> Any:
        key = {"Idempotency-Key": "two at once"}
        return client.post("/api/v1/photos", content=JPEG, headers=key).json()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(send, range(4)))
    assert all(one == told[0] for one in told)
    assert len(_files(tmp_path)) == 2


def test_a_heic_photo_comes_back_small_for_the_sender_to_see(client: TestClient) -> None:
    content = files.encoded(files.picture(14), "HEIF")
    key = {"Idempotency-Key": "heic heic"}
    for _ in range(2):
        told = client.post("/api/v1/photos", content=content, headers=key).json()
        assert told["small"].startswith("data:image/jpeg;base64,/9j/")


def test_hidden_sensitive_and_withdrawn_photos_are_not_found(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path
) -> None:
    code, [photo] = _sent(client, JPEG)
    path = f"/photos/{photo}.jpg"

    def status() -> int:
        with hanoi_engine.connect() as connection:
            number = connection.execute(
                text("SELECT id FROM complaint WHERE code = :code"), {"code": code}
            ).scalar_one()
            public = photos.public_photos(connection, [number])
        seen = client.get(path).status_code
        assert (seen == 200) == (number in public)
        return seen

    assert status() == 200
    _do(hanoi_engine, "UPDATE category SET sensitive = true WHERE code = 'pothole'")
    assert status() == 404
    _do(hanoi_engine, "UPDATE category SET sensitive = false WHERE code = 'pothole'")
    assert status() == 200
    assert f"{photo}.jpg" in _files(tmp_path)
    _do(hanoi_engine, "UPDATE complaint SET status = 7 WHERE code = :code", code=code)
    assert status() == 404
    assert sweeping.empty(hanoi_engine, client.app.state.photos) == 1  # type: ignore[attr-defined]
    assert _files(tmp_path) == set()


def test_the_photos_of_an_erased_report_go_and_those_of_an_answer_stay(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path
) -> None:
    code, [mine, answers] = _sent(client, JPEG, files.encoded(files.picture(15), "JPEG"))
    _do(
        hanoi_engine,
        "WITH a AS (INSERT INTO answer (complaint_id, text) SELECT id, 'Xong' FROM complaint"
        " WHERE code = :code RETURNING id) UPDATE photo SET answer_id = a.id FROM a"
        " WHERE photo.id = :photo",
        code=code,
        photo=answers,
    )
    with hanoi_engine.connect() as connection:
        answer = connection.execute(text("SELECT id FROM answer")).scalar_one()
        [shown] = photos.answer_photos(connection, [answer])[answer]
    assert shown["large"] == f"/photos/{answers}.jpg"
    _do(hanoi_engine, "UPDATE submission SET erased_at = now()")
    assert client.get(f"/photos/{mine}.jpg").status_code == 404
    assert client.get(f"/photos/{answers}.jpg").status_code == 200
    sweeping.empty(hanoi_engine, client.app.state.photos)  # type: ignore[attr-defined]
    assert _files(tmp_path) == {f"{answers}.jpg", f"{answers}-small.jpg"}


def test_what_nobody_sent_within_a_day_and_stray_files_are_swept(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path
) -> None:
    token = client.post("/api/v1/photos", content=JPEG).json()["photo"]
    _, [sent] = _sent(client, JPEG)
    store = PhotoStore(Settings(var=tmp_path))
    stray = uuid4()
    store.put(stray, b"large", b"small")
    (tmp_path / "photos" / str(stray)[:2] / "somebody's.txt").write_text("not ours")
    now = datetime.now(UTC)
    assert sweeping.sweep(hanoi_engine, store, now, range(PREFIXES)) == 0, "they may be fresh"
    assert len(_files(tmp_path)) == 6
    later = now + timedelta(hours=25)
    assert sweeping.sweep(hanoi_engine, store, later, range(PREFIXES)) == 2
    assert _files(tmp_path) == {f"{sent}.jpg", f"{sent}-small.jpg"}
    assert list((tmp_path / "photos").rglob("*.txt"))
    refused = client.post("/api/v1/complaints", json=SAID | {"photos": [token]})
    assert refused.status_code == 422
    assert client.get(f"/photos/{sent}.jpg").status_code == 200


def test_every_part_of_the_store_has_its_turn_within_a_day() -> None:
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    rounds = [begin + timedelta(seconds=n * sweeping.ROUND_S) for n in range(24 * 6)]
    assert {part for at in rounds for part in sweeping.parts_due(at)} == set(range(PREFIXES))


def test_a_crash_between_files_and_rows_leaves_what_is_swept(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path
) -> None:
    _do(hanoi_engine, "ALTER TABLE photo ADD CONSTRAINT broken CHECK (width < 0) NOT VALID")
    assert client.post("/api/v1/photos", content=JPEG).status_code == 500
    assert len(_files(tmp_path)) == 2
    store = PhotoStore(Settings(var=tmp_path))
    sweeping.sweep(hanoi_engine, store, datetime.now(UTC) + timedelta(hours=3), range(PREFIXES))
    assert _files(tmp_path) == set()


def test_the_same_picture_in_another_report_is_marked_and_its_own_is_not(
    client: TestClient, hanoi_engine: Engine
) -> None:
    image = files.picture(16, 1600, 1200)
    first, [one] = _sent(client, files.encoded(image, "JPEG", quality=95))
    smaller = image.resize((900, 675))
    second, [other, _] = _sent(
        client,
        files.encoded(smaller, "WEBP", quality=60),
        files.encoded(smaller, "WEBP", quality=61),
    )
    third, _ = _sent(client, files.encoded(files.picture(17), "JPEG"))
    with hanoi_engine.connect() as connection:
        pairs = connection.execute(text("SELECT photo_id, other_id FROM photo_alike")).all()
        numbers = dict(connection.execute(text("SELECT code, id FROM complaint")).all())
        assert (other, one) in [tuple(pair) for pair in pairs]
        assert len(pairs) == 2, "each of the two, and none of the other picture"
        assert photos.listed(connection, numbers[first])[0].alike == [second]
        assert photos.listed(connection, numbers[second])[0].alike == [first]
        assert photos.listed(connection, numbers[third])[0].alike == []


def test_officials_list_and_hide_photos_by_command(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", hanoi_engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("PHANANH_VAR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    code, [photo] = _sent(client, files.corpus()["JPEG EXIF"])
    runner = CliRunner()
    listed = runner.invoke(command, ["photos", code])
    assert str(photo) in listed.stderr
    assert "2026-10-05 00:30 UTC" in listed.stderr
    assert " 0 m" in listed.stderr
    assert runner.invoke(command, ["photos", "--hide", str(photo)]).exit_code
    assert client.get(f"/photos/{photo}.jpg").status_code == 200
    done = runner.invoke(command, ["photos", "--hide", str(photo), "--reason", "mặt người"])
    assert done.exit_code == 0, done.output
    assert client.get(f"/photos/{photo}.jpg").status_code == 404
    assert _files(tmp_path) == set()
    public = client.get(f"/api/v1/complaints/{code}").text
    assert "mặt người" not in public
    assert str(photo) not in public
    with hanoi_engine.connect() as connection:
        change = connection.execute(
            text("SELECT change FROM event WHERE kind = 'photo_hidden'")
        ).scalar_one()
    assert change == {"photo": str(photo), "reason": "mặt người"}
    assert runner.invoke(command, ["photos", "--sweep"]).exit_code == 0


def test_the_photo_limit_is_for_photos_alone(client: TestClient) -> None:
    large = files.encoded(files.picture(18, 2500, 2000), "PNG")
    assert 2**20 < len(large) < MOST_BYTES
    assert client.post("/api/v1/photos", content=large).status_code == 201
    assert client.post("/api/v1/complaints", content=b" " * 400_000).status_code == 413


def test_a_store_that_cannot_be_written_is_told_and_nothing_is_stored(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path
) -> None:
    class Away(PhotoStore):
        def put(self, photo: UUID, large: bytes, small: bytes) -> None:
            from api.storage import _answering

            with _answering():
                raise PermissionError("/srv/secret/place")

    client.app.state.photos = Away(Settings(var=tmp_path))  # type: ignore[attr-defined]
    answer = client.post("/api/v1/photos", content=JPEG)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "secret" not in answer.text
    with hanoi_engine.connect() as connection:
        assert not connection.execute(text("SELECT count(*) FROM photo")).scalar_one()


@pytest.mark.parametrize("where", ["ftp://place", "/srv/photos"])
def test_a_store_that_is_no_store_is_named(where: str, tmp_path: Path) -> None:
    store = PhotoStore(Settings(var=tmp_path, photo_store=where))
    with pytest.raises(StoreSettingError, match="s3://bucket"):
        store.check()
    with pytest.raises(OverloadedError):
        store.put(uuid4(), b"", b"")


def test_photos_are_kept_in_a_store_that_speaks_s3(
    hanoi_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ALLOW_HTTP": "true",
        }.items():
            monkeypatch.setenv(name, value)
        bucket = boto3.client("s3", region_name="us-east-1", endpoint_url=f"http://{host}:{port}")
        bucket.create_bucket(Bucket="city")
        settings = Settings(var=tmp_path, photo_store="s3://city/photos")
        app = create_app(hanoi_engine, settings)
        client = TestClient(app, raise_server_exceptions=False)
        _, [photo] = _sent(client, JPEG)
        names = {one["Key"] for one in bucket.list_objects(Bucket="city")["Contents"]}
        where = f"photos/{str(photo)[:2]}/{photo}"
        assert names == {f"{where}.jpg", f"{where}-small.jpg"}
        assert client.get(f"/photos/{photo}-small.jpg").content.startswith(b"\xff\xd8")
        store = PhotoStore(settings)
        stray = uuid4()
        store.put(stray, b"large", b"small")
        store.delete([uuid4()])
        later = datetime.now(UTC) + timedelta(hours=3)
        assert sweeping.sweep(hanoi_engine, store, later, range(PREFIXES)) == 1
        _do(hanoi_engine, "UPDATE complaint SET status = 7 WHERE status <> 7")
        assert sweeping.sweep(hanoi_engine, store, later, []) == 1
        assert "Contents" not in bucket.list_objects(Bucket="city")
        server.stop()
        assert client.post("/api/v1/photos", content=JPEG).status_code == 503
        app.state.darkroom.stop()
    finally:
        server.stop()


def test_serving_loads_no_decoder() -> None:
    program = (
        "import sys, api.app, api.routes.photos, api.worker, api.storage\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'PIL', 'pillow_heif', 'imagehash', 'obstore'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
