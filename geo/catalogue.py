"""Domains and categories: the rows a new instance starts with, and reading them back."""

import tomllib
from importlib import resources
from typing import Any

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.dialects.postgresql import insert

from geo import category_settings
from geo.schema import category, domain, source


def ensure_catalogue(connection: Connection) -> int:
    """Insert the shipped domains and categories that are not there yet; returns how many."""
    shipped = tomllib.loads(resources.files("geo").joinpath("catalogue.toml").read_text("utf-8"))
    settings = category_settings.shipped()
    domains, categories = [], []
    for position, d in enumerate(shipped["domain"]):
        domains.append(
            {
                "id": d["id"],
                "code": d["code"],
                "name_vi": d["vi"],
                "name_en": d["en"],
                "colour": d["colour"],
                "position": position,
                "enabled": d.get("enabled", True),
            }
        )
        for place, (number, code, vi, en) in enumerate(d["categories"]):
            categories.append(
                {
                    "id": number,
                    "domain_id": d["id"],
                    "code": code,
                    "name_vi": vi,
                    "name_en": en,
                    "colour": d["colour"],
                    "position": place,
                }
                | settings.get(code, category_settings.EMPTY).row()
            )
    added = 0
    for table, values in ((domain, domains), (category, categories)):
        added += connection.execute(insert(table).values(values).on_conflict_do_nothing()).rowcount
    citizen = {"code": "citizen", "name": "Citizens' reports", "kind": "citizen"}
    connection.execute(insert(source).values(citizen).on_conflict_do_nothing())
    return added


def catalogue() -> Select[Any]:
    """Every category of every enabled domain, in order."""
    return (
        select(
            domain.c.id.label("domain_id"),
            domain.c.code.label("domain"),
            domain.c.name_vi.label("domain_vi"),
            domain.c.name_en.label("domain_en"),
            domain.c.colour.label("domain_colour"),
            domain.c.enabled.label("domain_enabled"),
            category.c.id,
            category.c.code,
            category.c.name_vi,
            category.c.name_en,
            category.c.colour,
            category.c.enabled,
            category.c.sensitive,
            *category_settings.COLUMNS,
        )
        .join_from(domain, category)
        .order_by(domain.c.position, category.c.position)
    )


def grouped(rows: list[Row[Any]], *, only_enabled: bool = True) -> list[dict[str, Any]]:
    """The rows of `catalogue()` as domains that hold their categories."""
    domains: dict[str, dict[str, Any]] = {}
    for row in rows:
        if only_enabled and not (row.domain_enabled and row.enabled):
            continue
        entry = domains.setdefault(
            row.domain,
            {
                "code": row.domain,
                "name": {"vi": row.domain_vi, "en": row.domain_en},
                "colour": row.domain_colour,
                "categories": [],
            },
        )
        entry["categories"].append(
            {
                "code": row.code,
                "name": {"vi": row.name_vi, "en": row.name_en},
                "colour": row.colour,
                "sensitive": row.sensitive,
                "questions": row.questions,
                "notice": row.notice or None,
                "asks_urgency": row.asks_urgency,
                "near_m": row.near_m,
                "near_days": row.near_days,
            }
        )
    return list(domains.values())
