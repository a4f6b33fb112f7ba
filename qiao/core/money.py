"""Money is kept in the smallest coin of its currency; this says how many of them make one."""

from typing import Final

_WITHOUT: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THOUSANDTHS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_SYMBOLS: Final = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "TWD": "NT$"}


def places(currency: str) -> int:
    """Digits after the point, as ISO 4217 has them."""
    return 0 if currency in _WITHOUT else 3 if currency in _THOUSANDTHS else 2


def coins(currency: str) -> int:
    """How many of the smallest coin make one of the currency: 100 fen a yuan, a yen is one."""
    return int(10 ** places(currency))


def amount(minor: int, currency: str, *, grouped: bool = False) -> str:
    """`12900, CNY` → `129.00`; `12900, JPY` → `12900`. Exact, whatever its size."""
    each = coins(currency)
    whole, rest = divmod(abs(minor), each)
    words = f"{whole:,}" if grouped else str(whole)
    if each > 1:
        words += f".{rest:0{places(currency)}}"
    return f"-{words}" if minor < 0 else words


def words(minor: int, currency: str) -> str:
    """`12900, CNY` → `¥129.00`; `12900, JPY` → `JPY 12,900`."""
    shown = amount(minor, currency, grouped=True)
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{shown}" if symbol else f"{currency} {shown}"
