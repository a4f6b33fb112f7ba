"""Who a visitor is, and who they cannot become."""

import base64
import json
from datetime import timedelta
from uuid import UUID, uuid4

import jwt
import pytest

from qiao.channels.webchat import service, tokens
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.secrets import Signer
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.customers import merging
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate
from tests.channels.street import Street


async def test_an_anonymous_visitor_comes_back_as_the_same_customer(street: Street) -> None:
    widget = street.widget()
    first = await widget.open()
    assert first["customer"]["identified"] is False
    assert (first["conversation"], first["messages"], first["has_more"]) == (None, [], False)
    await widget.say("hello")
    again = await widget.open()
    assert again["customer"]["id"] == first["customer"]["id"]
    assert again["visitor_token"] == first["visitor_token"]
    assert [m["body"] for m in again["messages"] if m["kind"] == "text"] == ["hello"]
    assert again["conversation"]["status"] == "queued"


async def test_a_signed_in_customer_takes_what_they_asked_before_along(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    anonymous = widget.token
    await widget.say("before signing in")
    signed_in = await widget.open(street.identity_token("u1", name="Lin", email="lin@example.com"))
    assert signed_in["customer"] == {"id": signed_in["customer"]["id"], "name": "Lin", "identified": True}
    assert [m["body"] for m in signed_in["messages"] if m["kind"] == "text"] == ["before signing in"]
    # Who somebody is changed, so the old token is worth nothing.
    assert widget.token != anonymous
    widget.token = anonymous
    assert (await widget.try_say("again")).status_code == 401


async def test_a_known_customer_gets_the_anonymous_conversation_too(street: Street) -> None:
    home = street.widget()
    await home.open(street.identity_token("u1", name="Lin"))
    await home.say("from home")
    office = street.widget()
    await office.open()
    await office.say("from the office", "office-1")
    merged = await office.open(street.identity_token("u1"))
    assert merged["customer"]["id"] == home.session["customer"]["id"]
    assert [m["body"] for m in merged["messages"] if m["kind"] == "text"] == ["from home", "from the office"]
    # The message is theirs now: a retry from either browser changes nothing.
    assert (await office.try_say("from the office", "office-1")).status_code == 200


async def test_another_customer_on_the_same_browser_takes_nothing(street: Street) -> None:
    widget = street.widget()
    await widget.open(street.identity_token("u1", name="Lin"))
    await widget.say("Lin's secret")
    other = await widget.open(street.identity_token("u2", name="Wu"))
    assert other["customer"]["name"] == "Wu"
    assert other["messages"] == []


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda s: s.identity_token("u1")[:-4] + "AAAA", "identity_token_signature"),
        (
            lambda s: jwt.encode({"sub": "u1", "exp": 9_999_999_999}, "not the secret" * 3, "HS256"),
            "identity_token_signature",
        ),
        (lambda s: jwt.encode({"sub": "u1", "exp": 9_999_999_999}, None, "none"), "identity_token_algorithm"),
        (lambda s: s.identity_token("u1", expires_at=clock.now() - timedelta(hours=1)), "identity_token_expired"),
        (lambda s: jwt.encode({"sub": "u1"}, s.inbox.secret, "HS256"), "identity_token_claim_missing"),
        (lambda s: "nonsense", "identity_token_invalid"),
    ],
)
async def test_without_a_valid_token_nobody_is_someone_else(street: Street, forge: object, code: str) -> None:
    victim = street.widget()
    await victim.open(street.identity_token("u1", name="Lin"))
    await victim.say("private")
    response = await street.widget().try_open(forge(street))  # type: ignore[operator]
    assert response.status_code == 401
    assert response.json()["code"] == code


async def test_another_inbox_cannot_vouch(street: Street) -> None:
    other = await street.add_inbox()
    response = await street.widget().try_open(street.identity_token("u1", other))
    assert response.json()["code"] == "identity_token_signature"


async def test_a_token_is_worth_nothing_in_another_inbox(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    await widget.say("here")
    elsewhere = street.widget(await street.add_inbox(bot_enabled=False))
    elsewhere.token = widget.token
    there = await elsewhere.open()
    assert there["customer"]["id"] != widget.session["customer"]["id"]
    assert there["messages"] == []


async def test_forged_visitor_tokens_are_refused(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    name, _, signature = str(widget.token).removeprefix("qv_").partition(".")
    unknown = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
    signer = street.runtime.get(Signer)
    for token in (
        "",
        "qv_",
        f"qv_{unknown}.{signature}",
        f"qv_{name}.{signature[:-1]}A" if signature[-1] != "A" else f"qv_{name}.{signature[:-1]}B",
        tokens.issue(signer, uuid4()),  # well signed, but no such session
        f"qv_{name}.{signer.sign('file', name)}",  # signed for another purpose
        "qv_" + "é" * 22 + "." + signature,
    ):
        response = await street.http.get(
            "/api/v1/widget/messages", headers={"Authorization": b"Bearer " + token.encode()}
        )
        assert response.status_code == 401, token
        assert response.json()["code"] == "widget.session_ended"


async def test_an_identified_session_ends_with_the_sites_word_for_it(street: Street) -> None:
    widget = street.widget()
    soon = clock.now() + timedelta(minutes=30)
    token = street.identity_token("u1", name="Lin", expires_at=soon)
    await widget.open(token)
    await widget.say("mine")
    with clock.frozen(soon + timedelta(minutes=10)):
        # The page that was left open reconnects with the very token it has …
        assert (await widget.open(token))["customer"]["name"] == "Lin"
        # … but a stale token opens nothing new, and a page that says nothing is nobody's.
        assert (await street.widget().try_open(token)).json()["code"] == "identity_token_expired"
        stranger = await widget.open(None)
        assert stranger["customer"]["identified"] is False
        assert stranger["messages"] == []


async def test_revoked_and_blocked_visitors_are_refused_at_once(street: Street) -> None:
    widget, blocked = street.widget(), street.widget()
    await widget.open()
    await widget.say("one")
    await blocked.open()
    await blocked.say("one")
    async with street.runtime.db.transaction() as db:
        ended = await service.end_sessions(db, Actor.system(), widget.session["customer"]["id"])
        await customers.set_blocked(db, Actor.system(), blocked.session["customer"]["id"], True)
    assert ended == 1
    await street.runtime.reactions.settled()
    assert (await widget.try_say("two")).status_code == 401
    refused = await blocked.try_say("two")
    assert (refused.status_code, refused.json()["code"]) == (403, "customer_blocked")
    assert (await blocked.try_open()).status_code == 403


async def test_config_says_what_the_widget_needs(street: Street, sign_in: object) -> None:
    response = await street.http.get(f"/api/v1/widget/{street.inbox.key}/config?locale=zh-CN")
    config = response.json()
    assert response.status_code == 200
    assert config["locale"] == "zh-CN"
    assert config["online"] is False
    assert config["features"]["transcript_mail"] is False
    assert config["limits"]["file_bytes"] > 1_000_000
    assert "image/png" in config["limits"]["types"]
    assert (await street.http.get("/api/v1/widget/wk_unknown/config")).status_code == 404


async def test_the_bot_goes_by_its_own_name_unless_the_inbox_gives_it_another(street: Street) -> None:
    async def name(inbox: InboxView, locale: str) -> str:
        return str((await street.http.get(f"/api/v1/widget/{inbox.key}/config?locale={locale}")).json()["bot_name"])

    plain = await street.add_inbox(bot_enabled=True)
    assert (await name(plain, "zh-CN"), await name(plain, "en")) == ("小桥", "Qiao")
    renamed = await street.add_inbox(bot_enabled=True, settings={"bot_name": {"zh-CN": "小棉", "en": ""}})
    assert await name(renamed, "zh-CN") == "小棉"
    assert await name(await street.add_inbox(bot_enabled=False), "zh-CN") == ""


async def test_the_page_stands_beside_the_conversation(street: Street) -> None:
    widget = street.widget()
    await widget.open(page={"url": "https://shop.example/a", "title": "T" * 900, "referrer": "javascript:alert(1)"})
    message = await widget.say("hi")
    async with street.runtime.db.read() as db:
        from qiao.desk.conversations import service as conversations

        view = (await conversations.views_of(db, [message["conversation_id"]])).popitem()[1]
    assert view.context["page_url"] == "https://shop.example/a"
    assert len(view.context["title"]) == 500
    assert "referrer" not in view.context
    assert view.locale == "en"
    assert json.dumps(view.context)


async def test_a_merge_shows_no_browser_what_it_has_not_held(street: Street) -> None:
    """An anonymous browser is taken for a customer, wrongly or not: their chats on this site stay out of its sight."""
    ada, stranger = street.widget(), street.widget()
    await ada.open(street.identity_token("ada"))
    await ada.say("my card ends in 1234")
    await stranger.open()
    await stranger.say("it is me, Ada")
    await merge(street, ada.session["customer"]["id"], stranger.session["customer"]["id"])
    assert (await stranger.get("/messages")).status_code == 401
    assert (await stranger.try_say("what did I say?")).status_code == 401
    await stranger.open()
    assert await stranger.history() == [] and stranger.session["conversation"] is None
    assert len(await ada.history()) > 1  # the site vouches for her: she has both

    # Known from elsewhere only, they go on in the browser they write from, until somebody proves who it is.
    bo = street.widget()
    await bo.open()
    await bo.say("hello")
    known = await street.runtime.db.run(
        lambda db: customers.create(db, Actor.system(), CustomerCreate(name="Bo", phone="13800138000"))
    )
    await merge(street, str(known.id), bo.session["customer"]["id"])
    assert [one["body"] for one in await bo.history() if one["author"]["kind"] == "customer"] == ["hello"]
    site = street.widget()
    await site.open(street.identity_token("bo", phone="13800138000", phone_verified=True))
    assert site.session["customer"]["id"] == str(known.id)
    await site.say("between us")
    assert (await bo.get("/messages")).status_code == 401


async def merge(street: Street, survivor: str, other: str) -> None:
    async with street.runtime.db.transaction() as db:
        await merging.merge(db, Actor.system(), UUID(survivor), UUID(other))
    await street.runtime.reactions.settled()
