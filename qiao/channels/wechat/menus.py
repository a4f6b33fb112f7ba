"""The menu of an official account, between WeChat's form and the editor's. The conversions are pure."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from qiao.channels.contract.channel import Endpoint
from qiao.channels.wechat.api import WechatApi
from qiao.channels.wechat.codes import WechatError
from qiao.channels.wechat.schemas import SAY, Action, Column, Menu, Row

NONE: Final = 46003
_SCANS: Final = {"scancode_push": False, "scancode_waitmsg": True}


async def read(api: WechatApi, endpoint: Endpoint) -> Menu:
    """The menu customers see. Raises WechatError."""
    try:
        said = await api.call(endpoint, "GET", "/cgi-bin/menu/get")
    except WechatError as error:
        if error.code == NONE:
            return Menu()
        raise
    return from_wechat(said.get("menu"))


async def write(api: WechatApi, endpoint: Endpoint, menu: Menu) -> None:
    """Puts a menu in the place of the old one; customers see it within minutes. Raises WechatError."""
    if not menu.columns:
        await api.call(endpoint, "GET", "/cgi-bin/menu/delete")
        return
    await api.call(endpoint, "POST", "/cgi-bin/menu/create", to_wechat(menu))


def to_wechat(menu: Menu) -> dict[str, Any]:
    """The body of `menu/create`."""
    return {"button": [_button(column) for column in menu.columns]}


def _button(column: Column) -> dict[str, Any]:
    if column.action is not None:
        return {"name": column.name, **_action(column.action)}
    return {
        "name": column.name,
        "sub_button": [{"name": row.name, **_action(row.action)} for row in column.rows],
    }


def _action(action: Action) -> dict[str, Any]:
    match action.kind:
        case "link":
            return {"type": "view", "url": action.url}
        case "program":
            return {
                "type": "miniprogram",
                "appid": action.appid,
                "pagepath": action.pagepath,
                "url": action.url,
            }
        case "say":
            return {"type": "click", "key": SAY + action.text}
        case "click":
            return {"type": "click", "key": action.key}
        case "scan":
            return {"type": "scancode_waitmsg" if action.wait else "scancode_push", "key": action.key}
        case "other":
            return {key: value for key, value in action.raw.items() if key not in ("name", "sub_button")}


def from_wechat(given: Any) -> Menu:
    """What `menu/get` tells; buttons of other kinds are kept as they are."""
    buttons = given.get("button") if isinstance(given, Mapping) else None
    columns = []
    for button in _mappings(buttons)[:3]:
        below = _mappings(button.get("sub_button"))[:5]
        name = str(button.get("name") or "…")
        if below:
            rows = [Row.model_construct(name=str(one.get("name") or "…"), action=_read(one)) for one in below]
            columns.append(Column.model_construct(name=name, action=None, rows=rows))
        else:
            columns.append(Column.model_construct(name=name, action=_read(button), rows=[]))
    return Menu.model_construct(columns=columns)


def _mappings(given: Any) -> list[Mapping[str, Any]]:
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


def _read(button: Mapping[str, Any]) -> Action:
    raw = {key: value for key, value in button.items() if key not in ("name", "sub_button")}
    try:
        return Row.model_validate({"name": "x", "action": _known(raw) or {"kind": "other", "raw": raw}}).action
    except ValidationError:
        return Row.model_validate({"name": "x", "action": {"kind": "other", "raw": raw}}).action


def _known(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    type_, key = raw.get("type"), str(raw.get("key") or "")
    if type_ == "view":
        return {"kind": "link", "url": str(raw.get("url") or "")}
    if type_ == "miniprogram":
        return {"kind": "program", **{name: str(raw.get(name) or "") for name in ("appid", "pagepath", "url")}}
    if type_ == "click":
        return {"kind": "say", "text": key.removeprefix(SAY)} if key.startswith(SAY) else {"kind": "click", "key": key}
    if type_ in _SCANS:
        return {"kind": "scan", "key": key, "wait": _SCANS[type_]}
    return None
