"""What is wrong with a field is said by what is expected there."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from qiao.core.web.errors import from_validation


class One(BaseModel):
    kind: Literal["one"]


class Two(BaseModel):
    kind: Literal["two"]


class Form(BaseModel):
    choice: Literal["a", "b", "c"] = "a"
    share: int = Field(50, ge=0, lt=100)
    day: date | None = None
    at: datetime | None = None
    time: str = Field("09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    key: str = Field("a", pattern=r"^[a-z][a-z0-9_]{0,39}$")
    tool: str = Field("a.b", pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")
    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$")
    link: str = Field("https://a", pattern=r"^https?://\S+$")
    words: list[str] = []
    about: dict[str, str] = {}
    part: Annotated[One | Two, Field(discriminator="kind")] | None = None


@pytest.mark.parametrize(
    ("given", "field", "zh", "en"),
    [
        ({"choice": "d"}, "choice", "不在可选范围内：'a', 'b', 'c'。", "Not one of the choices: 'a', 'b', 'c'."),
        ({"share": -1}, "share", "不能小于 0。", "At least 0 is needed."),
        ({"share": 100}, "share", "必须小于 100。", "Less than 100 is needed."),
        ({"share": 1.5}, "share", "需要一个整数。", "A whole number is needed."),
        ({"day": "2026-02-30"}, "day", "需要一个存在的日期，例如 2026-01-31。", "A date that exists is needed, for example 2026-01-31."),
        ({"time": "24:00"}, "time", "需要一个时刻，例如 09:30。", "A time of day is needed, for example 09:30."),
        ({"currency": "yuan"}, "currency", "格式应为：^[A-Z]{3}$", "It must have this form: ^[A-Z]{3}$"),
        ({"words": "a"}, "words", "需要一个列表。", "A list is needed."),
        ({"about": []}, "about", "需要带名字的字段（JSON 对象）。", "Named fields are needed (a JSON object)."),
        ({"part": {"kind": "three"}}, "part.kind", "不在可选范围内：'one', 'two'。", "Not one of the choices: 'one', 'two'."),
        ({"part": {}}, "part.kind", "必填。", "Required."),
    ],
)  # fmt: skip
def test_a_fault_says_what_is_expected(given: dict[str, Any], field: str, zh: str, en: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Form.model_validate(given)
    problem = from_validation(refused.value.errors())
    for locale, words in (("zh-CN", zh), ("en", en)):
        (said,) = problem.body(locale)["errors"]
        assert (said["field"], said["message"]) == (field, words)


def test_a_rule_for_texts_has_words_where_it_is_a_known_one() -> None:
    with pytest.raises(ValidationError) as refused:
        Form.model_validate({"key": "A b", "tool": "A", "link": "shop.example", "at": "tomorrow"})
    codes = [one.code for one in from_validation(refused.value.errors()).fields]
    assert codes == ["datetime_invalid", "key_invalid", "key_invalid", "web_address_invalid"]
