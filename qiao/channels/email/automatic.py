"""Mail that no person has written just now, and mail that says what became of ours. Pure. RFC 3834, 3464, 8098."""

import re
from typing import Final

from qiao.channels.contract.messages import Receipt
from qiao.channels.email import headers as fields
from qiao.channels.email.charsets import decode
from qiao.channels.email.headers import Headers
from qiao.channels.email.mime import Tree
from qiao.channels.email.threads import OWN_ID

_NOBODY: Final = re.compile(
    r"(?:(?:do[-_.]?)?not?[-_.]?reply|mailer[-_.]?daemon|postmaster|bounces?|listserv|majordomo|notifications?[-_.]no[-_.]?reply)"
    r"(?:[-+_.=].*)?@.*",
    re.IGNORECASE,
)
_DAEMON: Final = re.compile(r"(?:mailer[-_.]?daemon|postmaster|bounces?)(?:[-+_.=].*)?@.*", re.IGNORECASE)
_AWAY: Final = re.compile(
    r"\s*(?:\[?auto(?:matic)?[- ]?(?:reply|response|antwort)|automatische antwort|out of (?:the )?office|ooo\b"
    r"|on vacation|vacation (?:reply|response|notice)"
    r"|away from (?:the |my )?(?:office|mail)|réponse automatique|respuesta automática|abwesen"
    r"|自动回复|自動回覆|自动答复|自动应答|系统自动回复|休假(?:自动)?(?:回复|通知)|外出(?:自动)?(?:回复|通知)|不在办公室|離開辦公室|自動返信|不在通知)",
    re.IGNORECASE,
)
_AWAY_INSIDE: Final = re.compile(r"[\[【(（](?:自动回复|自动答复|auto[- ]?reply|out of office)[\]】)）]", re.IGNORECASE)
_BULK: Final = frozenset({"bulk", "list", "junk"})
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_SEARCHED: Final = 512 * 1024


def reason(head: Headers, sender: str, subject: str, own: frozenset[str]) -> str | None:
    """Why nothing automatic may answer this mail; None for a letter of a person."""
    answered = head.raw("auto-submitted").partition(";")[0].strip().lower()
    if is_bounce(head, sender):
        return "bounce"
    if sender and sender in own:
        return "own_address"
    if answered not in ("", "no"):
        return "auto_reply" if answered != "auto-generated" else "generated"
    if any(
        name in head for name in ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply", "x-mail-autoreply")
    ):
        return "auto_reply"
    precedence = head.raw("precedence").strip().lower()
    if precedence == "auto_reply" or _AWAY.match(subject) or _AWAY_INSIDE.search(subject):
        return "auto_reply"
    if precedence in _BULK or any(
        name in head
        for name in ("list-id", "list-post", "list-unsubscribe", "list-help", "feedback-id", "x-campaign-id")
    ):
        return "list"
    if not sender or _NOBODY.fullmatch(sender):
        return "no_reply"
    asked = head.raw("x-auto-response-suppress").lower()
    if "all" in asked or "autoreply" in asked.replace(" ", "").split(","):
        return "no_reply_wanted"
    return None


def is_bounce(head: Headers, sender: str) -> bool:
    """Whether a mail system speaks: it leaves the return path empty so that nobody answers."""
    mime, params = fields.parameters(head.raw("content-type"))
    if mime == "multipart/report" and params.get("report-type", "").lower() == "delivery-status":
        return True
    null_path = "return-path" in head and head.raw("return-path").strip() == "<>"
    return (null_path and "auto-submitted" not in head) or _DAEMON.fullmatch(sender) is not None


def receipts(tree: Tree, raw: bytes, sender: str) -> list[Receipt] | None:
    """What a report says of our mails; None when it speaks of none of ours, and for mail that is no report."""
    top = tree.top
    kind = top.params.get("report-type", "").lower() if top.mime == "multipart/report" else ""
    if kind == "disposition-notification":
        return _dispositions(tree)
    if not is_bounce(top.headers, sender):
        return None
    named = _spoken_of(tree, raw)
    if named is None:
        return None
    action, status, detail = _status(tree)
    if not action:
        action, status, detail = "failed", *_in_words(tree)
    if action == "failed":
        return [Receipt(named, "failed", f"email.bounce.{_class(status, detail)}", detail[:500])]
    if action in ("delivered", "relayed", "expanded"):
        return [Receipt(named, "delivered")]
    return []  # delayed: the other server goes on trying


def _spoken_of(tree: Tree, raw: bytes) -> str | None:
    """The id of the mail of ours a bounce returns: in the returned headers, else anywhere in it."""
    for part in tree.leaves:
        if part.mime in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
            found = OWN_ID.search(fields.read(part.data()[:_SEARCHED].lstrip()).raw("message-id"))
            if found is not None:
                return found[0]
    for part in tree.leaves:
        found = OWN_ID.search(part.data()[:_SEARCHED].decode("ascii", "ignore"))
        if found is not None:
            return found[0]
    found = OWN_ID.search(raw[:_SEARCHED].decode("ascii", "ignore"))
    return found[0] if found is not None else None


def _status(tree: Tree) -> tuple[str, str, str]:
    """Action, status and the other server's words; of several recipients the first that failed."""
    best = ("", "", "")
    for part in tree.leaves:
        if part.mime not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        for block in re.split(rb"\r?\n[ \t]*\r?\n", part.data()[:_SEARCHED])[:200]:
            about = fields.read(block)
            action = about.raw("action").strip().lower().partition(" ")[0]
            if not action:
                continue
            whom = about.raw("final-recipient").rpartition(";")[2].strip() or about.raw("original-recipient")
            said = about.text("diagnostic-code").rpartition("smtp;")[2].strip()
            said = said or _said_of(tree, whom)
            detail = f"{whom[:200]}: {said}" if said else whom[:200]
            if not best[0] or (action == "failed" and best[0] != "failed"):
                best = (action, about.raw("status").strip(), detail)
    return best


def _said_of(tree: Tree, whom: str) -> str:
    """What the report tells people of a recipient, where it tells machines nothing."""
    text = next((decode(part.data()[:_SEARCHED]) for part in tree.leaves if part.mime == "text/plain"), "")
    after = text.partition(whom)[2] if whom else ""
    return " ".join(after[:300].strip(" :\n").partition("\n\n")[0].split())


def _in_words(tree: Tree) -> tuple[str, str]:
    """For bounces of systems that write no report: the status code somewhere in the text."""
    for part in tree.leaves:
        if part.mime.startswith("text/"):
            text = decode(part.data()[:_SEARCHED], part.params.get("charset"))
            if found := _STATUS.search(text):
                said = re.sub(r"<[^<>]{0,300}>", " ", text[max(0, found.start() - 60) : found.end() + 200])
                return found[0], " ".join(said.split())
    return "", ""


def _class(status: str, detail: str) -> str:
    """Which of our sentences a status code means."""
    found = _STATUS.search(status) or _STATUS.search(detail)
    kind = (found[2], found[3]) if found is not None else ("", "")
    match kind:
        case ("1", _):
            return "no_such_address"
        case ("2", "1"):
            return "no_such_address"
        case ("2", "2"):
            return "mailbox_full"
        case ("2", "3") | ("3", "4"):
            return "too_large"
        case ("7", _):
            return "rejected"
        case ("4", _):
            return "unreachable"
    low = detail.lower()
    if "user unknown" in low or "unknown user" in low or "no such user" in low or "unrouteable" in low:
        return "no_such_address"
    return "said" if ": " in detail else "other"


def _dispositions(tree: Tree) -> list[Receipt] | None:
    """A receipt somebody's program has sent for a mail that was opened."""
    for part in tree.leaves:
        if part.mime == "message/disposition-notification":
            about = fields.read(part.data()[:_SEARCHED])
            found = OWN_ID.search(about.raw("original-message-id"))
            if found is not None:
                return [Receipt(found[0], "read")] if "displayed" in about.raw("disposition").lower() else []
    return None
