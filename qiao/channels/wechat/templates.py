"""The account's approved messages, as the composer shows them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from qiao.channels.contract.channel import Endpoint, Template
from qiao.channels.wechat.api import WechatApi
from qiao.channels.wechat.codes import WechatError

MOST: Final = 200
_FIELD: Final = re.compile(r"\{\{\s*(\w{1,40})\.DATA\s*\}\}")
_TYPE: Final = re.compile(r"^([a-z_]+?)\d*$")
LONGEST: Final = {
    "thing": 20, "number": 32, "letter": 32, "symbol": 5, "character_string": 32, "amount": 13, "phone_number": 17,
    "car_number": 8, "name": 10, "phrase": 5, "const": 20, "short_thing": 5, "time": 40, "date": 40,
}  # fmt: skip
"""Characters a field holds, by its kind (订阅消息参数值内容限制说明); more is refused with 47003."""


async def listing(api: WechatApi, endpoint: Endpoint, *, mini: bool) -> list[Template]:
    """Template messages and subscribe messages; an account without either permission has none of that kind."""
    found: list[Template] = []
    if not mini:
        said = await _allowed(api, endpoint, "/cgi-bin/template/get_all_private_template")
        found += [
            _template(entry, "template_id", "template")
            for entry in _entries(said, "template_list")
            if entry.get("template_id")
        ]
    said = await _allowed(api, endpoint, "/wxaapi/newtmpl/gettemplate")
    found += [_template(entry, "priTmplId", "subscribe") for entry in _entries(said, "data") if entry.get("priTmplId")]
    return found[:MOST]


async def _allowed(api: WechatApi, endpoint: Endpoint, path: str) -> Mapping[str, Any]:
    try:
        return await api.call(endpoint, "GET", path)
    except WechatError as error:
        if error.meaning.word in ("no_permission", "template_unknown"):
            return {}
        raise


def _entries(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = said.get(name)
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def _template(entry: Mapping[str, Any], id_: str, kind: str) -> Template:
    content = str(entry.get("content") or "").replace("\\n", "\n").strip()
    fields = tuple(dict.fromkeys(_FIELD.findall(content)))
    return Template(
        id=str(entry[id_])[:100],
        title=str(entry.get("title") or "")[:100],
        text=_FIELD.sub(lambda match: "{" + match[1] + "}", content)[:2000],
        fields=fields,
        language="zh-CN",
        data={
            "kind": kind,
            "example": str(entry.get("example") or "").replace("\\n", "\n").strip()[:2000],
            "longest": {field: longest for field in fields if (longest := _longest(field))},
        },
    )


def _longest(field: str) -> int | None:
    match = _TYPE.match(field)
    return LONGEST.get(match[1]) if match else None
