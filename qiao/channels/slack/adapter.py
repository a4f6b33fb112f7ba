"""Sending, taking back, fetching files and looking people up, through Slack's Web API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import (
    DeliveryFailed,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    Sent,
    SourceFailed,
)
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Media, Sender
from qiao.channels.slack.channel import MEDIA_LIMIT
from qiao.core.errors import NotFound

API: Final = "https://slack.com/api"
UPLOAD_SECONDS: Final = 120.0
SCOPES: Final = ("app_mentions:read", "chat:write", "files:read", "files:write", "im:history", "users:read")
FILE: Final = "file:"

REFUSED: Final[dict[str, str]] = {
    "invalid_auth": "token",
    "not_authed": "token",
    "account_inactive": "token",
    "token_revoked": "token",
    "token_expired": "token",
    "missing_scope": "scope",
    "no_permission": "scope",
    "not_allowed_token_type": "scope",
    "access_denied": "scope",
    "ekm_access_denied": "scope",
    "team_access_not_granted": "scope",
    "org_login_required": "scope",
    "enterprise_is_restricted": "scope",
    "channel_not_found": "room_gone",
    "is_archived": "room_gone",
    "user_not_found": "room_gone",
    "cannot_dm_bot": "room_gone",
    "user_is_bot": "room_gone",
    "messages_tab_disabled": "messages_tab",
    "not_in_channel": "not_in_channel",
    "restricted_action": "restricted",
    "restricted_action_read_only_channel": "restricted",
    "restricted_action_thread_only_channel": "restricted",
    "restricted_action_non_threadable_channel": "restricted",
    "restricted_action_thread_locked": "restricted",
    "slack_connect_file_upload_sharing_blocked": "restricted",
    "slack_connect_blocked_file_type": "restricted",
    "msg_too_long": "too_long",
    "msg_blocks_too_long": "too_long",
    "no_text": "invalid",
    "invalid_blocks": "invalid",
    "invalid_blocks_format": "invalid",
    "invalid_arguments": "invalid",
    "invalid_arg_name": "invalid",
    "invalid_array_arg": "invalid",
    "invalid_charset": "invalid",
    "invalid_form_data": "invalid",
    "invalid_post_type": "invalid",
    "missing_post_type": "invalid",
    "duplicate_channel_not_found": "invalid",
    "cannot_reply_to_message": "thread_gone",
    "thread_not_found": "thread_gone",
    "message_not_found": "gone",
    "file_not_found": "gone",
    "file_deleted": "gone",
    "cant_delete_message": "too_late",
    "cant_delete_file": "too_late",
    "compliance_exports_prevent_deletion": "too_late",
    "file_upload_size_restricted": "too_large",
    "storage_limit_reached": "storage",
    "message_limit_exceeded": "storage",
}
AGAIN: Final[dict[str, float | None]] = {
    "ratelimited": 30.0,
    "rate_limited": 30.0,
    "internal_error": None,
    "fatal_error": None,
    "service_unavailable": None,
    "request_timeout": None,
    "team_added_to_org": 60.0,
    "deprecated_endpoint": None,
}


class CallRefused(Exception):
    """What Slack answered with `ok: false`."""

    def __init__(self, error: str):
        super().__init__(error)
        self.error = error


class SlackAdapter:
    """One for all apps."""

    def __init__(self, http: ChannelHttp):
        self.http = http

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return True  # what it takes is among the credentials; without it the refusal says so

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        try:
            if payload.get("file"):
                return await self._upload(endpoint, payload)
            wanted = {key: payload[key] for key in ("channel", "thread_ts", "text", "blocks") if key in payload}
            options = {"unfurl_links": False, "unfurl_media": False}
            answer = await self._call(endpoint, "chat.postMessage", json=wanted | options)
        except CallRefused as error:
            raise failure(error.error) from None
        ts = reading.text(answer, "ts", limit=40)
        return Sent((f"{reading.text(answer, 'channel', limit=40)}:{ts}",) if ts else ())

    async def _upload(self, endpoint: Endpoint, payload: Mapping[str, Any]) -> Sent:
        """Asks for an address, puts the bytes there, and shows the file in the room."""
        file = payload["file"]
        try:
            data = await self.http.read_file(str(file["file_id"]))
        except NotFound:
            raise DeliveryRefused("slack.refused.file_gone") from None
        asked = {"filename": str(file["name"]), "length": str(len(data))}
        place = await self._call(endpoint, "files.getUploadURLExternal", data=asked)
        own, url = reading.text(place, "file_id", limit=60), reading.text(place, "upload_url", limit=2000)
        if not _of_slack(url):
            raise DeliveryFailed("Slack gave no address to upload to")
        put = await self.http.request("POST", url, content=data, timeout=UPLOAD_SECONDS)
        if put.status_code != 200:
            raise DeliveryFailed(f"uploading to Slack: {put.status_code}")
        shown: dict[str, Any] = {"files": [{"id": own, "title": str(file["name"])}], "channel_id": payload["channel"]}
        if payload.get("thread_ts"):
            shown["thread_ts"] = payload["thread_ts"]
        if payload.get("text"):
            shown["initial_comment"] = payload["text"]
        await self._call(endpoint, "files.completeUploadExternal", json=shown)
        return Sent((f"{FILE}{own}",))

    async def recall(self, endpoint: Endpoint, address: str, remote_ids: Sequence[str]) -> None:
        for remote in remote_ids:
            try:
                if remote.startswith(FILE):
                    await self._call(endpoint, "files.delete", json={"file": remote.removeprefix(FILE)})
                else:
                    room, _, ts = remote.partition(":")
                    await self._call(endpoint, "chat.delete", json={"channel": room, "ts": ts})
            except CallRefused as error:
                if error.error not in ("message_not_found", "file_deleted", "file_not_found"):
                    raise failure(error.error) from None

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        own, _, url = media.ref.partition(" ")
        if not url:
            # Of a workspace we share a channel with: the event tells no more than its id.
            try:
                about = await self._call(endpoint, "files.info", data={"file": own})
            except CallRefused as error:
                raise MediaFailed("slack.media.gone") from error
            except DeliveryRefused as refused:
                raise DeliveryFailed(refused.code) from None
            url = reading.text(about, "file", "url_private_download", limit=2000)
        if not _of_slack(url):
            raise MediaFailed("slack.media.gone")
        headers = {"authorization": f"Bearer {_token(endpoint)}"}
        try:
            async for chunk in self.http.download(url, MEDIA_LIMIT, headers=headers):
                yield chunk
        except DeliveryFailed as failed:
            # Without the scope files:read Slack sends us to its sign-in page.
            if str(failed).endswith((" 302", " 403", " 404", " 410")):
                raise MediaFailed("slack.media.gone") from None
            raise

    async def look_up(self, endpoint: Endpoint, sender: Sender) -> Sender:
        person = sender.attributes.get("slack")
        try:
            answer = await self._call(endpoint, "users.info", data={"user": str(person)})
        except (CallRefused, DeliveryFailed, DeliveryRefused):
            return sender
        user = reading.mapping(answer, "user")
        name = reading.text(user, "profile", "real_name", limit=80) or reading.text(user, "real_name", limit=80)
        email = reading.text(user, "profile", "email", limit=254) or None
        return msgspec.structs.replace(
            sender, name=name or reading.text(user, "name", limit=80) or sender.name, email=email or sender.email
        )

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        try:
            response = await self._ask(endpoint, "auth.test", json={})
            answer = _read(response)
        except CallRefused as error:
            refused = failure(error.error)
            if isinstance(refused, DeliveryRefused):
                raise SourceFailed(refused.code, hopeless=True, **refused.params) from None
            raise SourceFailed("slack.source.unreachable", detail=error.error) from None
        except DeliveryRefused as refused:
            raise SourceFailed(refused.code, hopeless=True, **refused.params) from None
        except DeliveryFailed as failed:
            raise SourceFailed("slack.source.unreachable", detail=str(failed)[:200]) from None
        held = {scope.strip() for scope in response.headers.get("x-oauth-scopes", "").split(",")}
        missing = [scope for scope in SCOPES if scope not in held]
        if missing:
            raise SourceFailed("slack.source.scopes", hopeless=True, scopes=", ".join(missing))
        return {"team": reading.text(answer, "team"), "user": reading.text(answer, "user")}

    async def _call(self, endpoint: Endpoint, method: str, **options: Any) -> dict[str, Any]:
        return _read(await self._ask(endpoint, method, **options))

    async def _ask(self, endpoint: Endpoint, method: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {_token(endpoint)}"}
        return await self.http.request("POST", f"{API}/{method}", headers=headers, **options)


def failure(error: str) -> DeliveryFailed | DeliveryRefused:
    """What an error means for the message; an unknown one is tried again."""
    if error in REFUSED:
        return DeliveryRefused(f"slack.refused.{REFUSED[error]}", detail=error)
    return DeliveryFailed(error, after=AGAIN.get(error))


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = reading.mapping(msgspec.json.decode(response.content))
    except msgspec.MsgspecError:
        raise DeliveryFailed(f"Slack answered {response.status_code}") from None
    if answer.get("ok") is not True:
        raise CallRefused(reading.text(answer, "error", limit=100) or str(response.status_code))
    return answer


def _token(endpoint: Endpoint) -> str:
    token = endpoint.credentials.get("bot_token") or ""
    if not token:
        raise DeliveryRefused("slack.refused.token", detail="not_authed")
    return token


def _of_slack(url: str) -> bool:
    """Whether an address is Slack's, so that the token may be shown there."""
    asked = urlsplit(url)
    host = asked.hostname or ""
    return asked.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))
