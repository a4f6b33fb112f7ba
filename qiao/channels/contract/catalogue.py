"""The channels there are, as the console shows them and inboxes check their settings."""

from typing import Any

import msgspec
from pydantic import BaseModel, SecretStr, ValidationError

from qiao.channels.contract.channel import Channel, Channels, Endpoint
from qiao.channels.contract.closing import SHARED
from qiao.channels.contract.forms import lacking
from qiao.channels.contract.manifest import secrets_of
from qiao.core.db import Session
from qiao.core.errors import FieldError, Invalid, NotFound
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime, runtime_of
from qiao.core.web.errors import from_validation
from qiao.desk.conversations.policy import RECALL_WITHIN
from qiao.desk.inboxes import service as inboxes
from qiao.people.organization import service as organization


class CapabilitiesView(msgspec.Struct, frozen=True):
    """What a channel can carry. Times in hours; None: not at all."""

    receives: list[str]
    sends: list[str]
    longest_text: int
    window_hours: float | None
    window_messages: int | None
    templates: bool
    recall_hours: float | None
    attachments: bool
    starts: bool
    receipts: bool


class ManifestView(msgspec.Struct, frozen=True):
    """A channel. `fields` is the JSON schema of its settings; `secrets` names those that are never shown again.

    `by`: how messages come in – `hook` (the provider posts to us), `source` (we fetch), `own` (its clients talk to us).
    """

    name: str
    title: dict[str, str]
    summary: dict[str, str]
    group: str
    docs: str
    by: list[str]
    capabilities: CapabilitiesView
    fields: dict[str, Any]
    secrets: list[str]
    can_test: bool


class ManifestSettings:
    """The port inboxes check settings by."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime

    def model(self, channel: str) -> type[BaseModel] | None:
        found = Channels.of(self.runtime).find(channel)
        return found.manifest.settings if found is not None else None

    def secrets(self, channel: str) -> frozenset[str]:
        model = self.model(channel)
        return secrets_of(model) if model is not None else frozenset()


def manifests(runtime: Runtime) -> list[ManifestView]:
    """Every channel, by the shelf it stands on and its name."""
    found = [_view(channel) for channel in Channels.of(runtime)]
    return sorted(found, key=lambda one: (one.group, one.name))


def capabilities(channel: Channel) -> CapabilitiesView:
    can = channel.manifest.capabilities
    # Nobody carries messages of a channel without an adapter away: what we show, we can stop showing.
    recall = can.recall if channel.adapter is not None else RECALL_WITHIN
    return CapabilitiesView(
        receives=sorted(can.receives),
        sends=sorted(can.sends),
        longest_text=can.longest_text,
        window_hours=can.window.open_for.total_seconds() / 3600 if can.window else None,
        window_messages=can.window.messages if can.window else None,
        templates=can.templates,
        recall_hours=recall.total_seconds() / 3600 if recall else None,
        attachments=can.attachments,
        starts=can.starts,
        receipts=can.receipts,
    )


async def try_out(db: Session, channel_name: str, settings: dict[str, Any], inbox_id: Any) -> tuple[Channel, Endpoint]:
    """What a connection test needs: the settings as typed, with the secrets that are stored already where none is given.

    Raises Invalid for settings that are not acceptable or not enough to connect with, NotFound for a channel without a test.
    """
    runtime = runtime_of(db)
    channel = Channels.of(runtime).find(channel_name)
    if channel is None or channel.probe is None:
        raise NotFound("channel_no_test")
    held = await inboxes.credentials_of(db, inbox_id) if inbox_id is not None else {}
    if inbox_id is not None and (await inboxes.get(db, inbox_id)).channel != channel_name:
        raise Invalid.field("inbox_id", "value_invalid")
    try:
        read = channel.manifest.settings.model_validate({**held, **settings})
    except ValidationError as error:
        raise from_validation([{**e, "loc": ("settings", *e["loc"])} for e in error.errors()]) from None
    if missing := lacking(read):
        raise Invalid("invalid", fields=[FieldError(f"settings.{name}", "field_missing") for name in missing])
    secret = secrets_of(channel.manifest.settings)
    values = {name: getattr(read, name) for name in secret}
    endpoint = Endpoint(
        inbox_id=inbox_id or new_id(),
        settings=read.model_dump(mode="json", exclude=set(secret)),
        secret="",
        name=(await organization.get_workspace(db)).name,
        credentials={k: v.get_secret_value() for k, v in values.items() if isinstance(v, SecretStr)},
        public_url=runtime.settings.public_url,
    )
    return channel, endpoint


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema, the channel's own settings first."""
    schema = model.model_json_schema()
    named = schema.get("properties", {})
    schema["properties"] = {name: named[name] for name in sorted(named, key=lambda name: name in SHARED)}
    return schema


def _view(channel: Channel) -> ManifestView:
    manifest = channel.manifest
    by = [name for name, part in (("hook", channel.hook), ("source", channel.source)) if part is not None]
    return ManifestView(
        name=manifest.name,
        title=manifest.title,
        summary=manifest.summary,
        group=manifest.group,
        docs=manifest.docs,
        by=by or ["own"],
        capabilities=capabilities(channel),
        fields=schema_of(manifest.settings),
        secrets=sorted(secrets_of(manifest.settings)),
        can_test=channel.probe is not None,
    )
