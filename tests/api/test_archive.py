"""The archive of a layer: the tiles that are served, no others, and what they are."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from fastapi.testclient import TestClient
from morecantile import tms
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import Compression, TileType
from sqlalchemy import Engine

from api.app import create_app
from api.settings import Settings
from geo.bbox import BBox
from geo.errors import BadFilterError
from tiles import archive

HANOI = BBox(105.28, 20.56, 106.02, 21.39)


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def opened(client: TestClient, query: str) -> tuple[Reader, dict[tuple[int, int, int], bytes]]:
    answer = client.get(f"/api/v1/layer.pmtiles?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.pmtiles"
    source = MemorySource(answer.content)
    return Reader(source), {at: gzip.decompress(body) for at, body in all_tiles(source)}


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("layer=cells&domain=traffic&maxzoom=10", "cells/{}/{}/{}.mvt?domain=traffic"),
        (
            "layer=cells&resolution=8&status=open&maxzoom=11",
            "cells/{}/{}/{}.mvt?resolution=8&status=open",
        ),
        (
            "layer=areas&set=hanoi-district-2014&maxzoom=10",
            "areas/{}/{}/{}.mvt?set=hanoi-district-2014",
        ),
        (
            "layer=hotspots&resolution=7&domain=construction&maxzoom=10",
            "hotspots/{}/{}/{}.mvt?resolution=7&domain=construction",
        ),
        (
            "layer=trends&resolution=6&domain=traffic&maxzoom=9",
            "trends/{}/{}/{}.mvt?resolution=6&domain=traffic",
        ),
    ],
)
def test_an_archive_holds_exactly_the_tiles_that_are_served(
    client: TestClient, query: str, asked: str
) -> None:
    reader, held = opened(client, query)
    header = reader.header()
    first, last = header["min_zoom"], header["max_zoom"]
    assert (first, last) == (8 if "resolution=8" not in query else 9, int(query[-2:].strip("=")))
    for z in range(first, last + 1):
        # Wider than the city: a tile that the archive lacks is empty.
        for tile in tms.get("WebMercatorQuad").tiles(104.9, 20.2, 106.4, 21.8, [z]):
            served = client.get("/tiles/" + asked.format(z, tile.x, tile.y))
            if served.status_code == 204:
                assert (z, tile.x, tile.y) not in held
                assert reader.get(z, tile.x, tile.y) is None
            else:
                assert held.pop((z, tile.x, tile.y)) == served.content
    assert held == {}


def test_the_cells_of_an_archive_have_the_counts_of_the_filter(client: TestClient) -> None:
    counted = client.get("/api/v1/counts?by=cell&resolution=8&status=open").json()
    _, held = opened(client, "layer=cells&resolution=8&status=open&maxzoom=11")
    for z in (9, 11):
        seen: dict[str, int] = {}
        for at, body in held.items():
            if at[0] == z:
                for one in mapbox_vector_tile.decode(body)["cells"]["features"]:
                    seen[one["properties"]["cell"]] = one["properties"]["n"]
        assert seen == dict(zip(counted["cells"], counted["n"], strict=True))


def test_an_archive_says_what_it_is(client: TestClient) -> None:
    query = "layer=hotspots&resolution=7&domain=construction&maxzoom=9"
    reader, _ = opened(client, query)
    header, metadata = reader.header(), reader.metadata()
    assert header["version"] == 3
    assert header["tile_type"] == TileType.MVT
    assert header["tile_compression"] == Compression.GZIP
    assert header["clustered"]
    assert header["min_lon_e7"] < 105.8e7 < header["max_lon_e7"]
    (layer,) = metadata["vector_layers"]
    tilejson = client.get("/tiles/hotspots.json").json()["vector_layers"][0]
    assert layer == {**tilejson, "minzoom": 8, "maxzoom": 9}
    assert metadata["filter"] == query
    assert metadata["figures"]["filter"]["vi"] == "Lĩnh vực: Trật tự xây dựng"
    assert "mẫu" in metadata["figures"]["warning"]["vi"]
    assert metadata["attribution"]


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("layer=areas", 422, "set"),
        ("layer=areas&set=nowhere", 404, "boundaries"),
        ("layer=complaints", 422, "cells, areas"),
        ("maxzoom=14", 422, "less than or equal to 13"),
        ("layer=cells&resolution=12&maxzoom=9", 422, "maxzoom"),
        ("layer=hotspots&resolution=12", 422, "coarser"),
        ("q=khongcochunay", 404, "nothing lies under this filter"),
    ],
)
def test_what_cannot_be_an_archive_is_said(
    client: TestClient, query: str, status: int, word: str
) -> None:
    answer = client.get(f"/api/v1/layer.pmtiles?{query}")
    assert answer.status_code == status, answer.text
    assert word in json.dumps(answer.json(), ensure_ascii=False)


def test_the_addresses_of_an_archive_are_those_of_morecantile() -> None:
    wanted = archive.addresses([HANOI], 8, 11)
    wide = HANOI.wider(archive.MARGIN)
    grid = tms.get("WebMercatorQuad")
    theirs = {(t.z, t.x, t.y) for t in grid.tiles(*wide, zooms=range(8, 12))}
    assert {tuple(one) for one in wanted} == theirs
    assert len(wanted) == len(theirs)


def test_too_many_tiles_are_refused_before_one_is_drawn() -> None:
    with pytest.raises(BadFilterError, match="smaller maxzoom"):
        archive.addresses([BBox(100, 10, 110, 20)], 8, 13)
    with pytest.raises(BadFilterError) as refused:
        archive.addresses([HANOI], 8, 9, at_most=3)
    assert refused.value.field == "maxzoom"


def test_an_archive_of_nothing_is_no_file(client: TestClient, tmp_path: Path) -> None:
    def nothing(_: Any) -> bytes:
        return b""

    described = archive.Described("cells", {}, (), None, (HANOI,), "")  # type: ignore[arg-type]
    with pytest.raises(Exception, match="nothing lies"):
        archive.write(tmp_path / "a", archive.addresses([HANOI], 8, 9), nothing, described)
