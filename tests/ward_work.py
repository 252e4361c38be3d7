"""What tests of officials' work share: clients of people, the busiest wards, and their work."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from officials import Person
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings

SET = "hanoi-ward-2025"
Served = Callable[[Person | None], TestClient]


def served_by(engine: Engine, settings: Settings | None = None) -> Served:
    """A client for each person (None: nobody), all of one service."""
    app = create_app(engine, settings or Settings())

    def client(who: Person | None) -> TestClient:
        made = TestClient(app, raise_server_exceptions=False)
        return who(made) if who is not None else made

    return client


def busiest(engine: Engine) -> tuple[str, str]:
    """The two wards with the most open complaints."""
    with engine.connect() as connection:
        first, second = connection.execute(
            text(
                "SELECT a.code FROM work w JOIN area a ON a.id = w.area_id"
                " GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT 2"
            )
        ).scalars()
    return f"{SET}:{first}", f"{SET}:{second}"


def open_in(engine: Engine, ward: str) -> set[str]:
    """Codes of the open complaints that a ward handles, as the owner of the tables sees them."""
    with engine.connect() as connection:
        return set(
            connection.execute(
                text(
                    "SELECT c.code FROM work w JOIN complaint c ON c.id = w.complaint_id"
                    " JOIN area a ON a.id = w.area_id WHERE a.code = :code AND w.status <= 3"
                ),
                {"code": ward.partition(":")[2]},
            ).scalars()
        )


def queue(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    """All rows of the list, page by page."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = client.get(f"/api/v1/work?limit=200{query}{after}").json()
        found += page["items"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"
