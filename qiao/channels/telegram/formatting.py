"""Words of agents and the bot as Telegram's HTML: the little Markdown they use is shown, everything else is only words."""

import html
import re
from typing import Final

_MARKS: Final = re.compile(
    r"```(?P<block>[^`]{1,4000})```"
    r"|`(?P<code>[^`\n]{1,500})`"
    r"|\*\*(?P<bold>[^*\n]{1,500})\*\*"
    r"|\[(?P<label>[^\[\]\n]{1,300})\]\((?P<link>https?://[^\s()]{1,1000})\)"
)


def as_html(text: str) -> str:
    """`text` with bold, code and links shown. The result is always well-formed, whatever the text."""
    parts: list[str] = []
    last = 0
    for found in _MARKS.finditer(text):
        parts += [escaped(text[last : found.start()]), _tag(found)]
        last = found.end()
    return "".join([*parts, escaped(text[last:])])


def escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _tag(found: re.Match[str]) -> str:
    if found["block"] is not None:
        return f"<pre>{escaped(found['block'])}</pre>"
    if found["code"] is not None:
        return f"<code>{escaped(found['code'])}</code>"
    if found["bold"] is not None:
        return f"<b>{escaped(found['bold'])}</b>"
    return f'<a href="{html.escape(found["link"])}">{escaped(found["label"])}</a>'
