"""Members, roles, tokens, the audit log: what is allowed, and above all what is not."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import select

from qiao.core.actor import Actor
from qiao.core.permissions import BUILT_IN_ROLES, PERMISSIONS
from qiao.core.realtime import Connection, Hub
from qiao.core.runtime import Runtime
from qiao.people.accounts import audit, service
from qiao.people.accounts.models import ApiTokenRow, AuditRow, UserRow
from tests.conftest import PASSWORD, SignIn

USERS = "/api/v1/users"
ROLES = "/api/v1/roles"
TOKENS = "/api/v1/auth/tokens"


async def _roles(browser: httpx.AsyncClient) -> dict[str, str]:
    return {role["key"] or role["name"]: role["id"] for role in (await browser.get(ROLES)).json()}


async def _add(browser: httpx.AsyncClient, name: str, *roles: str) -> dict[str, Any]:
    ids = await _roles(browser)
    response = await browser.post(
        USERS, json={"email": f"{name}@qiao.test", "name": name, "role_ids": [ids[role] for role in roles]}
    )
    assert response.status_code == 201, response.text
    added: dict[str, Any] = response.json()
    return added


class TestMembers:
    async def test_a_new_member_signs_in_with_the_temporary_password_and_must_change_it(
        self, sign_in: SignIn, client: httpx.AsyncClient
    ) -> None:
        admin = await sign_in("boss")
        added = await _add(admin, "mei", "agent")
        temporary = added["temporary_password"]
        response = await client.post("/api/v1/auth/login", json={"email": "mei@qiao.test", "password": temporary})
        assert response.json()["user"]["must_change_password"] and response.json()["permissions"] == []
        response = await client.get("/api/v1/customers")
        assert response.status_code == 403 and response.json()["code"] == "password_change_needed"
        response = await client.post("/api/v1/auth/password", json={"current": temporary, "new": "three happy pandas"})
        assert response.status_code == 204
        assert (await client.get("/api/v1/customers")).status_code == 200

    async def test_only_those_with_the_right_manage_members(self, sign_in: SignIn) -> None:
        agent = await sign_in("mei", role="agent")
        boss = await sign_in("boss")
        some_id = boss.actor_id
        for method, path, body in (
            ("GET", USERS, None),
            ("POST", USERS, {"email": "a@b.cn", "name": "A", "role_ids": [str(some_id)]}),
            ("GET", f"{USERS}/{some_id}", None),
            ("PATCH", f"{USERS}/{some_id}", {"name": "X"}),
            ("POST", f"{USERS}/{some_id}/reset-password", None),
            ("GET", ROLES, None),
            ("POST", ROLES, {"name": "R", "permissions": []}),
            ("PATCH", f"{ROLES}/{some_id}", {"name": "R"}),
            ("DELETE", f"{ROLES}/{some_id}", None),
            ("GET", "/api/v1/audit", None),
        ):
            response = await agent.request(method, f"{path}", json=body)
            assert response.status_code == 403, (method, path, response.text)
            assert response.json()["code"] == "permission_missing"
        assert (await agent.get("/api/v1/directory")).status_code == 200

    async def test_two_people_cannot_share_an_address(self, sign_in: SignIn) -> None:
        admin = await sign_in("boss")
        added = await _add(admin, "mei", "agent")
        ids = await _roles(admin)
        response = await admin.post(USERS, json={"email": "MEI@qiao.test", "name": "M", "role_ids": [ids["agent"]]})
        assert response.json()["errors"][0]["code"] == "email_taken"
        response = await admin.patch(f"{USERS}/{added['id']}", json={"email": "boss@qiao.test"})
        assert response.json()["errors"][0]["code"] == "email_taken"
        response = await admin.post(USERS, json={"email": "no address", "name": "M", "role_ids": [ids["agent"]]})
        assert response.json()["errors"][0] == {
            "field": "email", "code": "email_invalid", "message": "This is not an e-mail address."
        }  # fmt: skip

    async def test_switching_someone_off_ends_their_sessions_and_tokens(
        self, sign_in: SignIn, client: httpx.AsyncClient
    ) -> None:
        admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
        token = (await agent.post(TOKENS, json={"name": "t", "scopes": ["customers.view"]})).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/api/v1/customers", headers=bearer)).status_code == 200
        path = f"{USERS}/{agent.actor_id}"
        assert (await admin.patch(path, json={"active": False})).json()["active"] is False
        assert (await agent.get("/api/v1/auth/me")).status_code == 401
        assert (await client.get("/api/v1/customers", headers=bearer)).status_code == 401
        login = {"email": "mei@qiao.test", "password": PASSWORD}
        assert (await client.post("/api/v1/auth/login", json=login)).status_code == 401
        assert (await admin.patch(path, json={"active": True})).json()["active"] is True
        assert (await agent.get("/api/v1/auth/me")).status_code == 401  # the old session stays dead
        assert (await client.post("/api/v1/auth/login", json=login)).status_code == 200

    async def test_pages_and_filters(self, sign_in: SignIn) -> None:
        admin = await sign_in("boss")
        for name in ("ann", "bob", "cem", "dan"):
            await _add(admin, name, "agent" if name < "c" else "viewer")
        first = (await admin.get(USERS, params={"limit": 3})).json()
        rest = (await admin.get(USERS, params={"limit": 3, "cursor": first["next_cursor"]})).json()
        names = [u["name"] for u in first["items"] + rest["items"]]
        assert len(names) == 5 == len(set(names)) and rest["next_cursor"] is None
        agents = (await admin.get(USERS, params={"role": "agent"})).json()["items"]
        assert [u["name"] for u in agents] == ["ann", "bob"]
        assert [u["name"] for u in (await admin.get(USERS, params={"q": "CE"})).json()["items"]] == ["cem"]
        assert (await admin.get(USERS, params={"q": "%"})).json()["items"] == []
        assert (await admin.get(USERS, params={"cursor": "nonsense"})).status_code == 422


class TestEscalation:
    async def test_nobody_gives_or_rules_over_more_than_they_have(self, sign_in: SignIn) -> None:
        admin, supervisor = await sign_in("boss"), await sign_in("sun", role="supervisor")
        ids = await _roles(admin)
        response = await supervisor.post(USERS, json={"email": "x@qiao.test", "name": "X", "role_ids": [ids["admin"]]})
        assert response.status_code == 403 and response.json()["code"] == "rights_beyond_own"
        added = await _add(supervisor, "mei", "agent")
        response = await supervisor.patch(f"{USERS}/{added['id']}", json={"role_ids": [ids["admin"]]})
        assert response.status_code == 403
        own = f"{USERS}/{supervisor.actor_id}"
        assert (await supervisor.patch(own, json={"role_ids": [ids["admin"]]})).status_code == 403
        boss = f"{USERS}/{admin.actor_id}"
        for method, path, body in (
            ("PATCH", boss, {"active": False}),
            ("PATCH", boss, {"email": "mine@qiao.test"}),
            ("PATCH", boss, {"role_ids": [ids["agent"]]}),
            ("POST", f"{boss}/reset-password", None),
        ):
            response = await supervisor.request(method, path, json=body)
            assert response.status_code == 403 and response.json()["code"] == "rights_beyond_own"

    async def test_a_role_is_made_of_ones_own_rights(self, sign_in: SignIn) -> None:
        admin = await sign_in("boss")
        ids = await _roles(admin)
        response = await admin.post(ROLES, json={"name": "HR", "permissions": ["users.manage", "roles.manage"]})
        hr_role = response.json()
        await _add(admin, "hr", "HR")
        path = f"{USERS}/{(await admin.get(USERS, params={'q': 'hr'})).json()['items'][0]['id']}"
        assert path
        hr = await sign_in("hr2", role="agent")
        await admin.patch(f"{USERS}/{hr.actor_id}", json={"role_ids": [hr_role["id"]]})
        response = await hr.post(ROLES, json={"name": "Spy", "permissions": ["conversations.view_all"]})
        assert response.status_code == 403 and response.json()["code"] == "rights_beyond_own"
        response = await hr.patch(f"{ROLES}/{hr_role['id']}", json={"permissions": list(PERMISSIONS)})
        assert response.status_code == 403
        response = await hr.post(ROLES, json={"name": "Junior HR", "permissions": ["users.manage"]})
        assert response.status_code == 201
        response = await admin.post(ROLES, json={"name": "Odd", "permissions": ["make.coffee"]})
        assert response.json()["errors"][0]["code"] == "permission_unknown"
        assert (await admin.patch(f"{ROLES}/{ids['agent']}", json={"name": "X"})).json()["code"] == "role_built_in"
        assert (await admin.delete(f"{ROLES}/{ids['agent']}")).status_code == 409
        assert (await admin.delete(f"{ROLES}/{hr_role['id']}")).json()["code"] == "role_in_use"
        assert (await admin.post(ROLES, json={"name": "管理员", "permissions": []})).status_code == 422

    async def test_a_changed_role_changes_what_is_allowed_at_once(self, sign_in: SignIn, runtime: Runtime) -> None:
        admin, other = await sign_in("boss"), await sign_in("mei", role="agent")
        role = (await admin.post(ROLES, json={"name": "Looker", "permissions": ["customers.view"]})).json()
        user_id = other.actor_id
        await admin.patch(f"{USERS}/{user_id}", json={"role_ids": [role["id"]]})
        assert (await other.get("/api/v1/customers")).status_code == 200
        connection = Connection(
            _Null(), actor=Actor(kind="user", id=user_id, permissions=frozenset({"customers.view"}))
        )
        runtime.get(Hub).join_staff(connection)
        await admin.patch(f"{ROLES}/{role['id']}", json={"permissions": []})
        assert (await other.get("/api/v1/customers")).status_code == 403
        async with asyncio.timeout(60):  # the log brings it to every process
            while connection.actor is None or connection.actor.permissions:
                await asyncio.sleep(0.01)


class _Null:
    def offer(self, frame: str) -> bool:
        return True


class TestLastAdmin:
    async def test_it_cannot_be_removed_whatever_the_way(self, sign_in: SignIn, runtime: Runtime) -> None:
        admin = await sign_in("boss")
        ids = await _roles(admin)
        me = f"{USERS}/{admin.actor_id}"
        response = await admin.patch(me, json={"role_ids": [ids["agent"]]})
        assert response.status_code == 409 and response.json()["code"] == "last_admin"
        assert (await admin.patch(me, json={"active": False})).json()["code"] == "user_self_deactivate"
        async with runtime.db.transaction() as db:
            try:
                await service.update_user(
                    db,
                    Actor.system(),
                    admin.actor_id,
                    service.UserPatch(active=False),
                )
                raise AssertionError("the last administrator was switched off")
            except service.Refused as error:
                assert error.code == "last_admin"
        second = await sign_in("vice")
        assert (await admin.patch(me, json={"role_ids": [ids["agent"]]})).status_code == 200
        response = await second.patch(f"{USERS}/{second.actor_id}", json={"role_ids": [ids["agent"]]})
        assert response.json()["code"] == "last_admin"

    async def test_two_admins_cannot_remove_each_other_at_once(self, sign_in: SignIn) -> None:
        one, two = await sign_in("one"), await sign_in("two")
        ids = await _roles(one)
        results = await asyncio.gather(
            one.patch(f"{USERS}/{two.actor_id}", json={"role_ids": [ids["agent"]]}),
            two.patch(f"{USERS}/{one.actor_id}", json={"role_ids": [ids["agent"]]}),
        )
        assert sorted(r.status_code for r in results)[0] == 200 and sorted(r.status_code for r in results)[1] >= 400


class TestTokens:
    async def test_scopes_limit_what_a_token_does(
        self, sign_in: SignIn, client: httpx.AsyncClient, runtime: Runtime
    ) -> None:
        admin = await sign_in("boss")
        response = await admin.post(TOKENS, json={"name": "shop", "scopes": ["customers.view"]})
        token = response.json()["token"]
        assert token.startswith("qiao_pat_") and len(token) == 49 and token.startswith(response.json()["prefix"])
        listed = (await admin.get(TOKENS)).json()
        assert "token" not in listed[0] and listed[0]["last_used_at"] is None
        bearer = {"Authorization": f"Bearer {token}", "Origin": "https://elsewhere.example"}
        assert (await client.get("/api/v1/customers", headers=bearer)).status_code == 200
        assert (await client.get(USERS, headers=bearer)).status_code == 403
        assert (await client.post("/api/v1/customers", json={}, headers=bearer)).status_code == 403
        assert (await admin.get(TOKENS)).json()[0]["last_used_at"] is not None
        async with runtime.db.read() as db:
            row = (await db.execute(select(ApiTokenRow))).scalar_one()
        assert token.encode() not in row.token_hash and len(row.token_hash) == 32

    async def test_a_token_cannot_guard_the_account(self, sign_in: SignIn, client: httpx.AsyncClient) -> None:
        admin = await sign_in("boss")
        token = (await admin.post(TOKENS, json={"name": "all", "scopes": list(PERMISSIONS)})).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        for method, path, body in (
            ("POST", TOKENS, {"name": "more", "scopes": ["users.manage"]}),
            ("POST", "/api/v1/auth/password", {"current": PASSWORD, "new": "three happy pandas"}),
            ("PATCH", "/api/v1/auth/me", {"name": "Eve"}),
        ):
            response = await client.request(method, path, json=body, headers=bearer)
            assert response.status_code == 403 and response.json()["code"] == "session_needed"

    async def test_it_never_outgrows_its_owner(self, sign_in: SignIn, client: httpx.AsyncClient) -> None:
        admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
        response = await agent.post(TOKENS, json={"name": "x", "scopes": ["users.manage"]})
        assert response.status_code == 403
        response = await agent.post(TOKENS, json={"name": "x", "scopes": ["nothing.real"]})
        assert response.status_code == 422
        token = (await agent.post(TOKENS, json={"name": "x", "scopes": ["customers.edit"]})).json()["token"]
        ids = await _roles(admin)
        await admin.patch(f"{USERS}/{agent.actor_id}", json={"role_ids": [ids["viewer"]]})
        response = await client.post("/api/v1/customers", json={}, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 403

    async def test_expired_deleted_and_foreign_ones_are_refused(
        self, sign_in: SignIn, client: httpx.AsyncClient
    ) -> None:
        admin, other = await sign_in("boss"), await sign_in("mei", role="agent")
        response = await admin.post(
            TOKENS, json={"name": "x", "scopes": ["customers.view"], "expires_at": "2020-01-01T00:00:00Z"}
        )
        assert response.json()["errors"][0]["code"] == "token_expiry_range"
        made = (await admin.post(TOKENS, json={"name": "x", "scopes": ["customers.view"]})).json()
        assert (await other.delete(f"{TOKENS}/{made['id']}")).status_code == 404
        assert (await admin.delete(f"{TOKENS}/{made['id']}")).status_code == 204
        bearer = {"Authorization": f"Bearer {made['token']}"}
        assert (await client.get("/api/v1/customers", headers=bearer)).status_code == 401
        bearer = {"Authorization": "Bearer qiao_pat_" + "a" * 40}
        assert (await client.get("/api/v1/customers", headers=bearer)).status_code == 401


class TestAudit:
    async def test_writes_are_noted_without_secrets(self, sign_in: SignIn, runtime: Runtime) -> None:
        admin = await sign_in("boss")
        added = await _add(admin, "mei", "agent")
        await admin.patch(f"{USERS}/{added['id']}", json={"email": "new.mei@qiao.test", "name": "Mei Mei"})
        reset = (await admin.post(f"{USERS}/{added['id']}/reset-password")).json()["temporary_password"]
        page = (await admin.get("/api/v1/audit", params={"object": f"user:{added['id']}"})).json()
        assert [entry["action"] for entry in page["items"]] == ["user.password_reset", "user.updated", "user.created"]
        changes = page["items"][1]["changes"]
        assert changes == {"email": ["m***@qiao.test", "n***@qiao.test"], "name": ["mei", "Mei Mei"]}
        assert page["items"][1]["actor_name"] == "Boss"
        async with runtime.db.read() as db:
            dump = str([(r.action, r.changes) for r in (await db.execute(select(AuditRow))).scalars()])
            hashes = (await db.execute(select(UserRow.password_hash))).scalars().all()
        assert reset not in dump and not any(h in dump for h in hashes)
        by_action = (await admin.get("/api/v1/audit", params={"action": "user", "limit": 1})).json()
        assert by_action["next_cursor"]

    def test_diff_masks_what_the_models_mark(self) -> None:
        before = {"phone": "19912341234", "api_token": "abc", "nested": {"client_secret": "x", "a": 1}, "same": 1}
        after = {"phone": "19900000000", "api_token": "def", "nested": {"client_secret": "y", "a": 2}, "same": 1}
        from qiao.people.customers.models import CustomerRow

        assert audit.diff(before, after, model=CustomerRow) == {
            "phone": ["199****1234", "199****0000"],
            "api_token": ["****", "****"],
            "nested": [{"client_secret": "****", "a": 1}, {"client_secret": "****", "a": 2}],
        }


async def test_built_in_roles_are_what_the_code_says(sign_in: SignIn) -> None:
    admin = await sign_in("boss")
    roles = {role["key"]: role for role in (await admin.get(ROLES)).json()}
    assert {key: set(role["permissions"]) for key, role in roles.items()} == {
        key: set(permissions) for key, permissions in BUILT_IN_ROLES.items()
    }
    names = {p["key"]: p["name"] for p in (await admin.get("/api/v1/permissions")).json()}
    assert set(names) == set(PERMISSIONS) and not any(name.startswith("permissions.") for name in names.values())
