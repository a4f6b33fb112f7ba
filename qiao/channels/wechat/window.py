"""How often, and how long, WeChat lets an account answer. Pure.

The rules as the provider states them: `sendCustomMessage` (发送客服消息) of developers.weixin.qq.com/doc/subscription and
/doc/service, 发送客服消息 · 下发条件 of developers.weixin.qq.com/miniprogram, and the notice of 2023-05-30 that took the
quota from twenty to five and ended the one after a payment.

| what the customer does | answers | within |
|---|---|---|
| writes to the account or to the mini program | 5 | 48 h |
| clicks in the menu (click and scan buttons, and the lines of a `msgmenu` message) | 3 | 1 min |
| follows the account | 3 | 1 min |
| scans a QR code with a scene | 3 | 1 min |
| opens customer service of a mini program | 2 | 1 min |

Quotas do not add up: each deed renews them to the best of what is open. A sixth message is refused with 45047, one after
the time with 45015. Template and subscribe messages have rules of their own and do not count.
"""

from datetime import timedelta
from typing import Final

from qiao.channels.contract.manifest import Window

WRITTEN: Final = Window(timedelta(hours=48), 5)
CLICKED: Final = Window(timedelta(minutes=1), 3)
FOLLOWED: Final = Window(timedelta(minutes=1), 3)
SCANNED: Final = Window(timedelta(minutes=1), 3)
OPENED: Final = Window(timedelta(minutes=1), 2)

TEXT_BYTES: Final = 2048
"""What one text message holds; more is refused with 45002."""
LONGEST: Final = 2000
"""Characters of one reply of ours: at most three messages of Chinese."""
_BREAKS: Final = ("\n\n", "\n", "。", "！", "？", "；", ". ", "! ", "? ", "，", ", ", " ")


def pieces(body: str, limit: int = TEXT_BYTES) -> list[str]:
    """A text as messages of at most `limit` bytes, broken where a reader would pause. Nothing is lost but blanks at the
    breaks."""
    found: list[str] = []
    rest = body.strip()
    while len(rest.encode()) > limit:
        head = rest.encode()[:limit].decode("utf-8", "ignore")
        cut = next((at + len(mark) for mark in _BREAKS if (at := head.rfind(mark)) >= len(head) // 2), len(head))
        found.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*found, rest] if rest or not found else found
