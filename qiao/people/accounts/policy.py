"""Pure decisions of accounts: good passwords, who may give which rights."""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

from qiao.core.permissions import PERMISSIONS

PASSWORD_MIN: Final = 10
PASSWORD_MAX: Final = 200


@cache
def _common() -> frozenset[str]:
    text = resources.files(__package__).joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line)


def _plain(password: str) -> str:
    """A password with the decorations people add taken off: case, and digits or signs around the word."""
    return password.casefold().strip("0123456789!@#$%^&*()_+-=.,~ ")


def password_fault(password: str, *, email: str, name: str = "") -> str | None:
    """What is wrong with a new password (a code below `errors.`), or None."""
    if len(password) < PASSWORD_MIN:
        return "password_too_short"
    if len(password) > PASSWORD_MAX:
        return "password_too_long"
    lowered = password.casefold()
    local, _, domain = email.casefold().partition("@")
    own = {email.casefold(), local, domain, domain.partition(".")[0], name.casefold()}
    if lowered in own or _plain(password) in {part for part in own if len(part) > 3}:
        return "password_is_yours"
    if len(set(password)) < 4 or lowered in _common() or _plain(password) in _common():
        return "password_common"
    if lowered in "abcdefghijklmnopqrstuvwxyz" * 2 or lowered in "01234567890" * 20 or lowered in "9876543210" * 20:
        return "password_common"
    return None


def unknown_permissions(names: Iterable[str]) -> list[str]:
    return sorted(set(names) - set(PERMISSIONS))


def exceeds(wanted: Iterable[str], own: frozenset[str]) -> list[str]:
    """The permissions in `wanted` that someone with `own` may not hand out or rule over."""
    return sorted(set(wanted) - own)
