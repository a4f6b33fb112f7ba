"""When a text holds: on which channels, in which regions, for which customers. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from qiao.core.text import normalize

# 上海市 and 上海, 广西壮族自治区 and 广西 are one place.
_SUFFIX: Final = re.compile(r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|省|市)$")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the one who asks. None: not known."""

    channel: str | None = None
    region: str | None = None
    level: str | None = None


def _place(text: str) -> str:
    return _SUFFIX.sub("", normalize(text).strip())


@dataclass(frozen=True, slots=True)
class Conditions:
    """Each field names the cases in which the text holds; an empty one holds in all."""

    channels: frozenset[str] = field(default=frozenset())
    regions: frozenset[str] = field(default=frozenset())
    levels: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, stored: Mapping[str, Iterable[str]] | None) -> "Conditions":
        stored = stored or {}
        return cls(*(frozenset(stored.get(name) or ()) for name in ("channels", "regions", "levels")))

    def hold(self, situation: Situation | None) -> bool:
        """Whether the text may be given. What is not known of the asker meets no condition; None asks for no check."""
        if situation is None or not (self.channels or self.regions or self.levels):
            return True
        return (
            (not self.channels or situation.channel in self.channels)
            and (not self.levels or situation.level in self.levels)
            and (not self.regions or self._in_region(situation.region))
        )

    def _in_region(self, region: str | None) -> bool:
        """A region of a condition is met by itself and by any place written within it (江苏 by 江苏省苏州市)."""
        if not region:
            return False
        here = normalize(region)
        return any(_place(place) in here for place in self.regions if _place(place))


def stored(conditions: Mapping[str, Any]) -> dict[str, list[str]]:
    """As the table keeps it: only what is set, in one order."""
    return {name: sorted(set(values)) for name, values in conditions.items() if values}
