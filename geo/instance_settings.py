"""What admins set while the service runs: groups of values, each checked by a model with words.

Secrets and addresses stay in the environment; nothing here is one.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic import model_validator as checked_whole
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from geo.errors import NotFoundError, SettingsError
from geo.schema import setting


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Alerts(_Group):
    """From when on acts in the audit log are told to admins as unusual."""

    looks_per_hour: Annotated[
        int,
        Field(
            ge=5,
            le=10_000,
            title="Số lần xem dữ liệu cá nhân trong một giờ",
            description="Looks at personal data in an hour",
        ),
    ] = 60
    looks_a_day: Annotated[
        int,
        Field(
            ge=5,
            le=10_000,
            title="Dưới số này trong ngày thì không so với thói quen",
            description="Fewer in a day are not compared with the account's own usual",
        ),
    ] = 30
    looks_times: Annotated[
        float,
        Field(
            ge=1.5,
            le=100,
            title="Gấp bao nhiêu lần ngày bận của chính tài khoản",
            description="Times its own busy day",
        ),
    ] = 3.0
    odd_acts: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            title="Số lần xem, xuất, quản trị ngoài giờ trong một ngày",
            description="Looks, exports and changes outside of working time in a day",
        ),
    ] = 10
    odd_margin_h: Annotated[
        float,
        Field(
            ge=0,
            le=12,
            title="Trước và sau giờ làm việc (giờ) chưa tính là ngoài giờ",
            description="Hours before and after working time that are not odd yet",
        ),
    ] = 2.0
    failed_per_name: Annotated[
        int,
        Field(
            ge=3,
            le=1_000,
            title="Số lần đăng nhập sai một tên trong một giờ",
            description="Failed sign-ins of one name in an hour",
        ),
    ] = 8
    failed_per_address: Annotated[
        int,
        Field(
            ge=5,
            le=10_000,
            title="Số lần đăng nhập sai từ một địa chỉ trong một giờ",
            description="Failed sign-ins from one address in an hour",
        ),
    ] = 30
    denied_per_hour: Annotated[
        int,
        Field(
            ge=3,
            le=10_000,
            title="Số lần tìm mã không thuộc mình hoặc làm việc không có quyền trong một giờ",
            description="Codes that are not one's own and acts without a right, in an hour",
        ),
    ] = 30
    export_rows: Annotated[
        int,
        Field(
            ge=1,
            le=100_000_000,
            title="Số dòng xuất trong một lần",
            description="Rows of one export",
        ),
    ] = 5_000
    export_rows_a_day: Annotated[
        int,
        Field(
            ge=1,
            le=100_000_000,
            title="Số dòng xuất trong một ngày",
            description="Rows exported by one account in a day",
        ),
    ] = 20_000
    mail: Annotated[
        bool,
        Field(
            title="Gửi thư cho quản trị viên",
            description="Admins are told by mail",
        ),
    ] = True

    @checked_whole(mode="after")
    def _a_day_is_no_less(self) -> Self:
        if self.export_rows_a_day < self.export_rows:
            raise ValueError("export_rows_a_day is at least export_rows")
        return self


class Anchors(_Group):
    """Heads of the audit log that are kept beside the database, once a day."""

    mail: Annotated[
        bool,
        Field(
            title="Gửi mốc hằng ngày cho quản trị viên",
            description="Admins get each by mail",
        ),
    ] = False


GROUPS: Final[dict[str, type[_Group]]] = {"alerts": Alerts, "anchors": Anchors}


_G = TypeVar("_G", bound=_Group)


def read(connection: Connection, group: type[_G]) -> _G:
    """A group as it is set; what nobody set is as shipped."""
    [name] = [one for one, model in GROUPS.items() if model is group]
    stored = connection.execute(select(setting.c.value).where(setting.c.name == name)).scalar()
    try:
        return group.model_validate(stored or {})
    except ValidationError:
        # Set by another version: the shipped ones are better than none.
        return group()


def change(
    connection: Connection, name: str, given: Mapping[str, Any], account_id: int | None = None
) -> dict[str, Any]:
    """Set some values of a group, the others stay; None takes one back to what is shipped.

    Returns what was set before. Raises `NotFoundError`, and `SettingsError` that names the key.
    """
    if name not in GROUPS:
        raise NotFoundError(f"no settings {name!r}; there are {', '.join(GROUPS)}")
    before = read(connection, GROUPS[name]).model_dump(exclude_unset=True)
    wanted = {k: v for k, v in (before | dict(given)).items() if v is not None}
    try:
        value = GROUPS[name].model_validate(wanted).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise SettingsError(
            "; ".join(
                f"{'.'.join(map(str, one['loc'])) or name}:"
                f" {one['msg'].removeprefix('Value error, ')}"
                for one in error.errors()
            )
        ) from None
    put = upsert(setting).values(name=name, value=value, account_id=account_id)
    again = {"value": put.excluded.value, "account_id": account_id, "changed_at": func.now()}
    connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=again))
    return {key: before.get(key) for key in given}


def listed(connection: Connection) -> list[dict[str, Any]]:
    """Every group with its values, what is shipped, the bounds and the words of each."""
    found = []
    for name, model in GROUPS.items():
        own = read(connection, model)
        schema = model.model_json_schema()["properties"]
        values = [
            {
                "key": key, "value": getattr(own, key), "default": one["default"],
                "set": key in own.model_fields_set, "kind": one["type"], "vi": one["title"],
                "en": one["description"], "min": one.get("minimum"), "max": one.get("maximum"),
            }
            for key, one in schema.items()
        ]  # fmt: skip
        found.append({"name": name, "says": model.__doc__, "values": values})
    return found
