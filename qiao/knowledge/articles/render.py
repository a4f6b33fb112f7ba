"""Markdown to HTML that is safe to show."""

import re
from functools import lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

_TAGS: Final = {
    "p",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "strong",
    "em",
    "s",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "img",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
_ATTRIBUTES: Final = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "th": {"align"}, "td": {"align"}}

_CALLOUTS: Final = ("note", "tip", "warning")
_MARK: Final = re.compile(r"\[!(note|tip|warning)\][ \t]*(?:\n|$)?", re.IGNORECASE)


def _callouts(state: StateCore) -> None:
    """A quotation that begins with [!NOTE], [!TIP] or [!WARNING] is a callout: it gets a class and loses the mark."""
    tokens = state.tokens
    for index, token in enumerate(tokens[:-2]):
        if token.type != "blockquote_open" or tokens[index + 2].type != "inline":
            continue
        words = tokens[index + 2]
        mark = _MARK.match(words.content)
        if mark is not None:
            token.attrSet("class", f"callout callout-{mark[1].lower()}")
            words.content = words.content[mark.end() :]


_BREAK: Final = re.compile(r"<br */?>", re.IGNORECASE)


def _breaks(state: StateInline, silent: bool) -> bool:
    """`<br>` is a line break: the cells of tables have no other way to write one."""
    found = _BREAK.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    parser.core.ruler.after("block", "callouts", _callouts)
    parser.inline.ruler.before("autolink", "breaks", _breaks)
    return parser


def to_html(markdown: str) -> str:
    """HTML of `markdown` with nothing that could run, load from elsewhere unseen, or break out of its place."""
    return nh3.clean(
        _parser().render(markdown),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes={"blockquote": {"callout", *(f"callout-{kind}" for kind in _CALLOUTS)}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
