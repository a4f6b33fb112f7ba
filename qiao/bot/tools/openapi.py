"""Operations of an OpenAPI document as HTTP tools. Pure: nothing is fetched, references inside the document only."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from qiao.bot.tools.schemas import ToolBody

METHODS: Final = ("get", "post", "put", "patch", "delete")
MOST_OPERATIONS: Final = 200
_TYPES: Final = {"integer": "integer", "number": "number", "boolean": "boolean"}


class Unfit(ValueError):
    """Why something cannot be a tool: a key below `tools.openapi` and what goes into its words."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key)
        self.key, self.params = key, params


@dataclass(frozen=True, slots=True)
class Skipped:
    """`GET /x`, and why it cannot be a tool."""

    operation: str
    reason: Unfit


def operations(document: Any) -> tuple[list[ToolBody], list[Skipped]]:
    """Tools, and the operations that cannot be one. Raises Unfit for what is no OpenAPI 3 document."""
    if not isinstance(document, Mapping) or not str(document.get("openapi", "")).startswith("3."):
        raise Unfit("not_3")
    base = _server(document)
    tools: list[ToolBody] = []
    skipped: list[Skipped] = []
    names: set[str] = set()
    for method, path, shared, operation in _walk(document):
        named = f"{method.upper()} {path}"[:200]
        if len(tools) >= MOST_OPERATIONS:
            skipped.append(Skipped(named, Unfit("too_many", most=str(MOST_OPERATIONS))))
            break
        try:
            tool = _tool(document, base, method, path, shared, operation, names)
        except Unfit as reason:
            skipped.append(Skipped(named, reason))
            continue
        except ValidationError as error:
            place = ".".join(str(part) for part in error.errors()[0]["loc"])
            skipped.append(Skipped(named, Unfit("unfit", place=place[:100])))
            continue
        names.add(tool.name)
        tools.append(tool)
    return tools, skipped


def _server(document: Mapping[str, Any]) -> str:
    servers = document.get("servers")
    url = servers[0].get("url") if isinstance(servers, list) and servers and isinstance(servers[0], Mapping) else None
    if not isinstance(url, str) or not re.match(r"https?://", url):
        raise Unfit("no_address")
    return url.rstrip("/")


def _walk(document: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any], Mapping[str, Any]]]:
    paths = document.get("paths")
    for path, item in (paths if isinstance(paths, Mapping) else {}).items():
        if isinstance(item, Mapping):
            shared = item.get("parameters")
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
                    yield method, str(path), shared if isinstance(shared, list) else [], item[method]


def _tool(
    document: Mapping[str, Any],
    base: str,
    method: str,
    path: str,
    shared: list[Any],
    operation: Mapping[str, Any],
    taken: set[str],
) -> ToolBody:
    name = _name(str(operation.get("operationId") or f"{method}_{path}"))
    while name in taken:
        name = f"{name[:36]}_{len(taken)}"
    inputs: dict[str, Any] = {}
    headers: dict[str, str] = {}
    query: list[str] = []
    address = path
    own = operation.get("parameters")
    for raw in [*shared, *(own if isinstance(own, list) else [])]:
        parameter = _resolved(document, raw)
        key = _name(str(parameter.get("name") or ""))
        place = parameter.get("in")
        if place == "cookie":
            continue
        schema = _resolved(document, parameter.get("schema") or {})
        inputs[key] = _input(schema, parameter, required=bool(parameter.get("required")) or place == "path")
        if place == "path":
            address = address.replace("{" + str(parameter["name"]) + "}", "{{" + key + "}}")
        elif place == "query":
            query.append(f"{parameter['name']}={{{{{key}}}}}")
        elif place == "header":
            headers[str(parameter["name"])] = "{{" + key + "}}"
    body = _body(document, operation, inputs)
    title = str(operation.get("summary") or name)[:200]
    description = str(operation.get("description") or title)[:1000]
    return ToolBody.model_validate(
        {
            "kind": "http",
            "name": name,
            "title": {"zh-CN": title, "en": title},
            "description": {"zh-CN": description, "en": description},
            "effect": "read" if method == "get" else "write",
            "inputs": inputs,
            "http": {
                "method": method.upper(),
                "url": base + address + ("?" + "&".join(query) if query else ""),
                "headers": headers,
                "body": body,
            },
        }
    )


def _body(document: Mapping[str, Any], operation: Mapping[str, Any], inputs: dict[str, Any]) -> Any:
    """The JSON body's properties as inputs; nested ones keep their place in the body."""
    content = _resolved(document, operation.get("requestBody") or {}).get("content")
    if not isinstance(content, Mapping) or not content:
        return None
    if "application/json" not in content:
        raise Unfit("not_json")
    schema = _resolved(document, content["application/json"].get("schema") or {})
    return _template(document, schema, "", inputs, depth=0)


def _template(
    document: Mapping[str, Any], schema: Mapping[str, Any], prefix: str, inputs: dict[str, Any], depth: int
) -> Any:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or depth > 3:
        raise Unfit("no_object")
    needed = schema.get("required") or []
    made: dict[str, Any] = {}
    for name, raw in properties.items():
        part = _resolved(document, raw)
        key = _name(f"{prefix}{name}")
        if part.get("type") == "object" or "properties" in part:
            made[str(name)] = _template(document, part, f"{key}_", inputs, depth + 1)
        elif part.get("type") == "array":
            if name in needed:
                raise Unfit("list", name=str(name)[:60])
        else:
            inputs[key] = _input(part, part, required=name in needed)
            made[str(name)] = "{{" + key + "}}"
    return made


def _input(schema: Mapping[str, Any], described: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    kind = schema.get("type")
    made: dict[str, Any] = {"type": _TYPES.get(str(kind), "text"), "required": required}
    if schema.get("format") == "date":
        made["type"] = "date"
    if isinstance(schema.get("enum"), list) and all(isinstance(value, str) for value in schema["enum"]):
        made["choices"] = schema["enum"][:50]
    words = str(described.get("description") or "")[:500]
    if words:
        made["description"] = {"zh-CN": words, "en": words}
    return made


def _resolved(document: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """A node with its local references followed, a few of them."""
    for _ in range(10):
        if not isinstance(node, Mapping):
            return {}
        reference = node.get("$ref")
        if reference is None:
            return node
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise Unfit("other_file")
        node = document
        for part in reference[2:].split("/"):
            node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    raise Unfit("circle")


def _name(text: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return (plain if plain[:1].isalpha() else f"x_{plain}")[:40].rstrip("_") or "x"
