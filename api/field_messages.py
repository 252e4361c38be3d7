"""What is wrong with a field, in both languages: pydantic says it in English alone."""

from collections.abc import Mapping
from typing import Any, Final

# By pydantic's type of an error, filled with what its context names (pydantic, "Validation
# errors"). What is not here is told in English.
_SAID: Final = {
    "missing": "chưa có mục này",
    "extra_forbidden": "không nhận mục này",
    "json_invalid": "nội dung gửi lên không phải JSON đúng",
    "model_attributes_type": "phải là một đối tượng JSON",
    "string_type": "phải là chữ",
    "string_too_short": "quá ngắn: ít nhất {min_length} ký tự",
    "string_too_long": "quá dài: nhiều nhất {max_length} ký tự",
    "string_pattern_mismatch": "không đúng dạng",
    "string_unicode": "có ký tự không đọc được",
    "too_short": "quá ít: ít nhất {min_length} mục",
    "too_long": "quá nhiều: nhiều nhất {max_length} mục",
    "list_type": "phải là một danh sách",
    "dict_type": "phải là một đối tượng JSON",
    "int_type": "phải là số nguyên",
    "int_parsing": "phải là số nguyên",
    "int_from_float": "phải là số nguyên",
    "int_parsing_size": "số quá lớn",
    "float_type": "phải là số",
    "float_parsing": "phải là số",
    "finite_number": "phải là một số hữu hạn",
    "bool_type": "phải là true hoặc false",
    "bool_parsing": "phải là true hoặc false",
    "greater_than": "phải lớn hơn {gt}",
    "greater_than_equal": "phải từ {ge} trở lên",
    "less_than": "phải nhỏ hơn {lt}",
    "less_than_equal": "nhiều nhất là {le}",
    "literal_error": "phải là một trong: {expected}",
    "enum": "phải là một trong: {expected}",
    "uuid_parsing": "không phải UUID",
    "uuid_type": "không phải UUID",
    "date_from_datetime_parsing": "không phải ngày, như 2026-11-24",
    "date_parsing": "không phải ngày, như 2026-11-24",
    "date_type": "không phải ngày, như 2026-11-24",
    "datetime_parsing": "không phải thời điểm, như 2026-11-24T08:00:00+07:00",
    "datetime_from_date_parsing": "không phải thời điểm, như 2026-11-24T08:00:00+07:00",
    "datetime_type": "không phải thời điểm, như 2026-11-24T08:00:00+07:00",
    "timezone_aware": "thời điểm phải có múi giờ",
    "time_parsing": "không phải giờ, như 08:00",
}


def message_of(error: Mapping[str, Any]) -> str:
    """One of `ValidationError.errors()` in English and Vietnamese, with " / " between.

    >>> message_of({"type": "missing", "msg": "Field required"})
    'Field required / chưa có mục này'
    """
    english = str(error["msg"])
    said = _SAID.get(error["type"])
    if said is None or " / " in english:
        return english
    expected = {k: _plain(v) for k, v in error.get("ctx", {}).items()}
    return f"{english} / {said.format_map(expected)}"


def _plain(value: object) -> object:
    """Without the English "or" between what is allowed."""
    return value.replace(" or ", ", ") if isinstance(value, str) else value
