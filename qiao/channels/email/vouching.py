"""Whether the company's own mail server has found the sender to be who they say (RFC 8601). Pure."""

import re
from typing import Final

from qiao.channels.email.headers import Headers

_COMMENT: Final = re.compile(r"\([^()]{0,2000}\)")
_RESULT: Final = re.compile(r"\s*([a-z0-9-]{1,40})(?:/\d+)?\s*=\s*([a-z]{1,20})\b(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY: Final = re.compile(r"\b([a-z]{1,20}\.[a-z0-9-]{1,30})\s*=\s*\"?([^\s;\"]{1,300})", re.IGNORECASE)


def vouched(head: Headers, sender: str, server: str) -> bool:
    """Whether `server` (its authserv-id) says that DMARC passed for the sender's domain, or DKIM did and is aligned.

    Only its topmost field counts: what stands further down may have been written by anybody on the way.
    """
    domain = sender.rpartition("@")[2].lower()
    if not server or not domain or len(head.mailboxes("from", 2)) != 1 or len(head.every("from")) != 1:
        return False
    for value in head.every("authentication-results"):
        said, _, results = _COMMENT.sub(" ", value).partition(";")
        if (said.split() or [""])[0].lower() != server.strip().lower():
            continue
        return any(_passes(result, domain) for result in results.split(";")[:40])
    return False


def _passes(result: str, domain: str) -> bool:
    found = _RESULT.match(result)
    if found is None or found[2].lower() != "pass":
        return False
    method = found[1].lower()
    about: dict[str, str] = {name.lower(): value.lower() for name, value in _PROPERTY.findall(found[3])}
    if method == "dmarc":
        return about.get("header.from", domain).rpartition("@")[2] == domain
    if method == "dkim":
        signer = about.get("header.d") or about.get("header.i", "").rpartition("@")[2]
        return bool(signer) and "." in signer and (domain == signer or domain.endswith("." + signer))
    return False
