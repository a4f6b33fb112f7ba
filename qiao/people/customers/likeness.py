"""Whether two records may be one person, and what one record made of two holds. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

LEVELS: Final = ("standard", "silver", "gold", "vip")
TELLING: Final = (
    "device_id",
    "member_id",
    "member_no",
    "user_id",
    "openid",
    "unionid",
    "card_no",
    "contact_phone",
    "contact_email",
)
"""Attributes whose values are one person's. The last two are what somebody left behind beside what was known."""
RARE_NAMES: Final = 3
"""So many customers may bear a name for it to tell anything."""
LEAST: Final = 50
"""The score, of 100, from which somebody is asked."""

_WEIGHTS: Final[dict[str, int]] = {
    "phone_both": 92,
    "phone_one": 75,
    "phone_claimed": 60,
    "email_both": 92,
    "email_one": 72,
    "email_claimed": 55,
    "order": 80,
    "attribute": 70,
    "device": 50,
    "name_rare": 38,
    "name": 15,
    "city": 12,
}


@dataclass(frozen=True, slots=True)
class Address:
    """An identity, as far as likeness is concerned."""

    kind: str
    scope: str
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """A record, as far as likeness is concerned. `proofs`: records whose orders they could prove to know."""

    id: UUID
    name: str
    phone: str | None
    email: str | None
    phone_vouched: bool
    email_vouched: bool
    city: str | None
    attributes: Mapping[str, Any]
    addresses: Sequence[Address] = ()
    proofs: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    score: int
    evidence: tuple[str, ...]


def conflicts(one: Sequence[Address], other: Sequence[Address]) -> list[str]:
    """Why two records cannot be one person, as codes: two accounts of one site, two names at one provider."""
    found: list[str] = []
    theirs = {(a.kind, _realm(a)): a.value for a in other if a.kind in ("external", "union")}
    for address in one:
        known = theirs.get((address.kind, _realm(address)))
        if address.kind in ("external", "union") and known is not None and known != address.value:
            found.append(f"two_{address.kind}")
    return sorted(set(found))


def _realm(address: Address) -> str:
    return address.scope if address.kind == "external" else address.value.partition(":")[0]


def likeness(one: Person, other: Person, *, same_name: int) -> Likeness:
    """How likely two records are one person, of 100, and what speaks for it. `same_name`: how many bear that name."""
    if conflicts(one.addresses, other.addresses):
        return Likeness(0, ())
    evidence: list[str] = []
    for kind in ("phone", "email"):
        grade = _shared(one, other, kind)
        if grade is not None:
            evidence.append(f"{kind}_{grade}")
    shared = [key for key in TELLING if _telling(one, key) and _telling(one, key) == _telling(other, key)]
    if any(key == "device_id" for key in shared):
        evidence.append("device")
    if any(key not in ("device_id", "contact_phone", "contact_email") for key in shared):
        evidence.append("attribute")
    if other.id in one.proofs or one.id in other.proofs:
        evidence.append("order")
    named = _plain(one.name)
    if named and named == _plain(other.name):
        evidence.append("name_rare" if same_name <= RARE_NAMES and len(named) > 1 else "name")
    if evidence and one.city and one.city == other.city:
        evidence.append("city")
    left = 1.0
    for kind in evidence:
        left *= 1 - _WEIGHTS[kind] / 100
    return Likeness(min(99, round((1 - left) * 100)), tuple(evidence))


def _shared(one: Person, other: Person, kind: str) -> str | None:
    """Whether both have a phone (or e-mail) in common: `both` vouched, `one`, or merely `claimed`."""
    mine, theirs = _values(one, kind), _values(other, kind)
    best: int | None = None
    for value, vouched in mine.items():
        if value in theirs:
            best = max(best or 0, int(vouched) + int(theirs[value]))
    return None if best is None else ("claimed", "one", "both")[best]


def _values(person: Person, kind: str) -> dict[str, bool]:
    found: dict[str, bool] = {}
    value = getattr(person, kind)
    if value:
        found[value] = bool(getattr(person, f"{kind}_vouched"))
    left = person.attributes.get(f"contact_{kind}")
    if isinstance(left, str) and left:
        found.setdefault(left, False)
    found.update((a.value, True) for a in person.addresses if a.kind == kind)
    return found


def _telling(person: Person, key: str) -> str:
    value = person.attributes.get(key)
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if len(text) >= 4 else ""


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def combined(survivor: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the survivor that a merge changes. Gaps are filled, what somebody stands for wins over a claim, and
    the stricter of two blocks stays."""
    after: dict[str, Any] = {}
    for key in ("name", "locale", "city"):
        if not survivor[key] and merged[key]:
            after[key] = merged[key]
    for kind in ("phone", "email"):
        known, vouched = survivor[kind], bool(survivor[f"{kind}_vouched"])
        other, stands = merged[kind], bool(merged[f"{kind}_vouched"])
        if other and (not known or (stands and not vouched)):
            after[kind], after[f"{kind}_vouched"] = other, stands
    if LEVELS.index(merged["level"]) > LEVELS.index(survivor["level"]):
        after["level"] = merged["level"]
    tags = list(dict.fromkeys([*survivor["tags"], *merged["tags"]]))
    if tags != list(survivor["tags"]):
        after["tags"] = tags
    attributes = {**merged["attributes"], **survivor["attributes"]}
    if attributes != dict(survivor["attributes"]):
        after["attributes"] = attributes
    notes = "\n\n".join(dict.fromkeys(text for text in (survivor["notes"].strip(), merged["notes"].strip()) if text))
    if notes and notes != survivor["notes"].strip():
        after["notes"] = notes
    blocked: list[datetime] = [at for at in (survivor["blocked_at"], merged["blocked_at"]) if at is not None]
    if blocked and min(blocked) != survivor["blocked_at"]:
        after["blocked_at"] = min(blocked)
    if merged["last_seen_at"] > survivor["last_seen_at"]:
        after["last_seen_at"] = merged["last_seen_at"]
    also = list(dict.fromkeys([*survivor["also_tokens"], *merged["tokens"]]))
    if also != list(survivor["also_tokens"]):
        after["also_tokens"] = also
    return after


def restored(now: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The fields to set when a merge is undone: as they were, except for what somebody has changed since."""
    back: dict[str, Any] = {}
    for key, given in after.items():
        current, was = now[key], before[key]
        if current == given:
            back[key] = was
        elif key in ("tags", "also_tokens"):
            added = set(given) - set(was)
            back[key] = [one for one in current if one not in added]
        elif key == "attributes":
            back[key] = {k: v for k, v in current.items() if k in was or given.get(k) != v}
        elif key == "notes" and given.startswith(was.strip()) and (extra := given[len(was.strip()) :]) in current:
            back[key] = current.replace(extra, "", 1)
    return back
