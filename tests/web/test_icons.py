"""The app's pictures are what their drawing makes."""

import importlib.util
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "web"


def test_the_pictures_are_made_from_the_drawing() -> None:
    spec = importlib.util.spec_from_file_location("icons", WEB / "icons.py")
    assert spec
    assert spec.loader
    icons = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(icons)
    for name, content in icons.pictures().items():
        found = (WEB / "public" / "icons" / name).read_bytes()
        assert found == content, f"python web/icons.py writes {name} anew"
