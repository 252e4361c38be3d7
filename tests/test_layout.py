from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_the_migrations_folder_does_not_shadow_the_alembic_package() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


@pytest.mark.parametrize("name", ["geo", "api", "tiles", "boundaries"])
def test_each_package_is_the_one_of_this_checkout(name: str) -> None:
    assert Path(import_module(name).__file__ or "").parent == ROOT / name
