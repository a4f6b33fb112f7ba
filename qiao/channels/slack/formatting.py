"""Slack's way of marking words up: read into plain words, and written from the little Markdown we use. Pure."""

import re
from typing import Final

_MARKS: Final = re.compile(r"<([^<>\n]{1,2000})>")
_OURS: Final = re.compile(
    r"\*\*(?P<bold>[^*\n]{1,500})\*\*|\[(?P<label>[^\[\]\n|<>]{1,300})\]\((?P<link>https?://[^\s()<>|]{1,1000})\)"
)


def as_words(text: str, bot: str = "") -> str:
    """What somebody wrote, without Slack's marks; `bot` is the id of the one it is addressed to."""
    if bot:
        text = re.sub(rf"^\s*<@{re.escape(bot)}(\|[^>]*)?>[\s,，:：]*", "", text)
    found = _MARKS.sub(_plain, text)
    return found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _plain(found: re.Match[str]) -> str:
    target, _, label = found[1].partition("|")
    match target[:1]:
        case "@":
            return f"@{label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return f"@{label.lstrip('@') or target[1:].partition('^')[0]}"
    address = target.removeprefix("mailto:").removeprefix("tel:")
    return f"{label} ({address})" if label and label != address else address


def as_mrkdwn(text: str) -> str:
    """Our words as Slack shows them; whatever they hold, nobody is called and no mark is broken."""
    parts: list[str] = []
    last = 0
    for found in _OURS.finditer(text):
        parts.append(escaped(text[last : found.start()]))
        if found["bold"] is not None:
            parts.append(f"*{escaped(found['bold'])}*")
        else:
            parts.append(f"<{escaped(found['link'])}|{escaped(found['label'])}>")
        last = found.end()
    return "".join([*parts, escaped(text[last:])])


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
