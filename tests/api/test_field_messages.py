"""What is wrong with a field is said in both languages."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine

from api.app import create_app
from api.field_messages import message_of
from api.settings import Settings


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    words: Annotated[str, Field(min_length=2, max_length=5, pattern="^[a-z]+$")] = "ab"
    n: Annotated[int, Field(ge=1, le=9)] = 1
    share: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.5
    yes: bool = True
    codes: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    way: Literal["up", "down"] = "up"
    colour: Colour = Colour.RED
    id: UUID | None = None
    day: date | None = None
    at: datetime | None = None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"words": "a"}, "quá ngắn: ít nhất 2 ký tự"),
        ({"words": "abcdef"}, "quá dài: nhiều nhất 5 ký tự"),
        ({"words": "a1"}, "không đúng dạng"),
        ({"words": 3}, "phải là chữ"),
        ({"n": 0}, "phải từ 1 trở lên"),
        ({"n": 10}, "nhiều nhất là 9"),
        ({"n": "x"}, "phải là số nguyên"),
        ({"n": 1.5}, "phải là số nguyên"),
        ({"share": 0}, "phải lớn hơn 0"),
        ({"share": 1}, "phải nhỏ hơn 1"),
        ({"share": "nan"}, "phải là một số hữu hạn"),
        ({"yes": "maybe"}, "phải là true hoặc false"),
        ({"codes": []}, "quá ít: ít nhất 1 mục"),
        ({"codes": [1, 2, 3]}, "quá nhiều: nhiều nhất 2 mục"),
        ({"codes": 1}, "phải là một danh sách"),
        ({"way": "left"}, "phải là một trong: 'up', 'down'"),
        ({"colour": "green"}, "phải là một trong: 'red', 'blue'"),
        ({"id": "x"}, "không phải UUID"),
        ({"day": "x"}, "không phải ngày"),
        ({"at": "x"}, "không phải thời điểm"),
        ({"more": 1}, "không nhận mục này"),
    ],
)
def test_each_is_said_in_both(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(given)
    english, vietnamese = message_of(dict(caught.value.errors()[0])).split(" / ")
    assert english
    assert says in vietnamese
    assert "{" not in vietnamese


def test_a_report_without_its_fields_is_told_in_both(module_hanoi: Engine) -> None:
    client = TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False)
    answer = client.post("/api/v1/complaints", json={"lon": "x"})
    assert answer.status_code == 422
    said = {one["field"]: one["message"] for one in answer.json()["errors"]}
    assert said["category"] == "Field required / chưa có mục này"
    assert said["lon"].endswith(" / phải là số")
    broken = client.post(
        "/api/v1/complaints", content="{", headers={"Content-Type": "application/json"}
    )
    assert "không phải JSON đúng" in broken.json()["errors"][0]["message"]
