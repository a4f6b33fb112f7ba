"""What a customer's words say about a slot. Pure.

Two readings: `fit` for the slot that was asked for (lenient: "KL10023" alone is an answer), `spot` for slots nobody asked
about now (strict: only what can hardly mean anything else). A wrong value in silence is worse than one more question.
"""
# ruff: noqa: E501  the rules are tables of words, easier to check in rows

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from qiao.bot.flows import dates
from qiao.bot.flows.document import Choice, Slot
from qiao.bot.understanding.rules import Intent, intent_of
from qiao.core.text import normalize
from qiao.people.customers.policy import clean_email, clean_phone

LONGEST: Final = 1000
_PHONE: Final = re.compile(
    r"(?<![\da-z])(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)|(?<![\da-z])(\+\d[\d -]{7,17}\d|0\d{2,3}[- ]\d{7,8})(?!\d)"
)
_EMAIL: Final = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_ORDER: Final = re.compile(r"(?<![a-z0-9])(?=[a-z0-9-]*\d{4})[a-z]{0,6}-?\d{5,20}(?![a-z0-9])")
_AMOUNT: Final = re.compile(
    r"(?:[¥￥$€£]|rmb|cny|usd)\s*(\d+(?:[.,]\d+)*)|(\d+(?:[.,]\d+)*)\s*(?:元|块钱?|圆|yuan|rmb|dollars?|usd|cny)"
)
_NUMBER: Final = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_HAN_NUMBER: Final = re.compile(r"[零〇一二两三四五六七八九十]{1,3}")
_CODE: Final = re.compile(r"(?<!\d)\d{4}(?!\d)")
_ADDRESS: Final = re.compile(
    r"[省市区县州路街道巷弄号楼室村镇乡栋单元幢座]|\b(?:street|st|road|rd|avenue|ave|lane|drive|apt|floor|building|district|city|room)\b"
)
_SKIP: Final = re.compile(
    r"(?:没有了?|无|不用了?|不需要|不填|跳过|没|不了|none|no|nope|skip|nothing|n/?a|-)[。.!！,，]*"
)
_LEAD: Final = re.compile(
    r"^(?:不对|不是的?|错了|哦|噢|嗯|呃|那|就|我的?|应该|改成|改为|换成|写|填|寄到|送到|地址|收件人|收货人|姓名|名字|叫|抬头|原因|邮箱|电话|手机号?|税号|发到|"
    r"是|为|:|：|,|，|。| |actually|it'?s|its|it is|my name is|name is|the|address is|send it to|please|to be|because|because of)+",
)
_CORRECTION: Final = re.compile(
    r"^(?:不对|不是|错了|说错了?|写错了?|填错了?|搞错了?|等等|等一下|更正|改一下|我想改|要改|修改|应该是)[,，。:：!！ ]*(?:应该)?(?:是|为|改成|改为|换成)?"
    r"|(?:改成|改为|换成|更正为|应该是)"
    r"|^(?:no|wait|sorry|actually|correction|i meant?|oops|that'?s wrong|wrong)\b[,.! ]*(?:it'?s|it is|i meant?|should be|make it|change it to)?"
    r"|\b(?:change (?:it|that|this) to|should (?:be|have been)|i meant?|make it)\b"
)
_CANCEL: Final = re.compile(
    r"(?:(?:我|那|就)?(?:先)?(?:取消(?:吧|了|操作|流程|办理|申请)?|算了(?:吧)?|不(?:办|弄|搞|退|改|开|申请|查|要|用|想)了吧?|退出|停止|结束|不想(?:办|弄|退|改|开|申请)了|放弃)"
    r"|(?:please )?(?:cancel(?: (?:it|this|that|everything))?|stop|quit|exit|abort|never ?mind|forget (?:it|about it)|i changed my mind))"
    r"[,，。.!！~ ]*(?:谢谢|thanks?|吧|了|please)?[。.!！~ ]*"
)
_QUESTION: Final = re.compile(
    r"[?？]|(?:吗|呢|么)[。.!！~ ]*$|(?:什么|怎么|怎样|如何|多少|多久|几天|哪里|哪儿|为什么|为啥|能不能|可不可以|是不是|有没有|会不会|要不要|谁)"
    r"|^(?:what|how|why|when|where|who|which|can|could|do|does|did|is|are|will|would|should|may)\b"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A value for a slot, or why the words are none (`fault` is a catalogue key below `flows.again`)."""

    value: Any = None
    fault: str | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None


NOTHING: Final = Heard(fault="not_understood")


def is_cancel(text: str) -> bool:
    """Whether the whole message calls the matter off."""
    return _CANCEL.fullmatch(normalize(text)) is not None


def is_question(text: str) -> bool:
    """Whether it reads like a question of its own rather than an answer."""
    return _QUESTION.search(normalize(text)) is not None


def correction(text: str) -> str | None:
    """What follows 不对，是… or "no, it's …", or None when nothing is corrected."""
    plain = normalize(text)
    found = _CORRECTION.search(plain)
    return plain[found.end() :].strip(" ,，。:：") if found else None


def fit(slot: Slot, text: str, today: date, choices: Sequence[Choice] = ()) -> Heard:
    """The words as the answer to this slot's question."""
    text = text.replace("\x00", "")[:LONGEST].strip()
    plain = normalize(text)
    if not plain:
        return NOTHING
    if slot.optional and _SKIP.fullmatch(plain):
        return Heard("")
    if slot.type in ("choice", "order_number") and len(choices) == 1 and intent_of(plain) is Intent.YES:
        return Heard(choices[0].value)
    value = _READ[slot.type](slot, plain, today, choices, text)
    return _checked(slot, value, today) if value is not None else NOTHING


def spot(slot: Slot, text: str, today: date, choices: Sequence[Choice] = ()) -> Any:
    """A value for a slot nobody asked about now, or None."""
    volunteer = (
        slot.volunteer
        if slot.volunteer is not None
        else slot.type not in ("text", "address", "yes_no", "code", "number")
    )
    plain = normalize(text)[:LONGEST]
    cued = _cued(slot, text)
    if cued is not None:
        heard = fit(slot, cued, today, choices)
        if heard.ok:
            return heard.value
    if not volunteer or slot.type in ("text", "address", "yes_no", "code"):
        return None
    if slot.type == "number" and len(_NUMBER.findall(plain)) != 1:
        return None
    value = _READ[slot.type](slot, plain, today, choices, text)
    if value is None:
        return None
    heard = _checked(slot, value, today)
    return heard.value if heard.ok else None


def _cued(slot: Slot, text: str) -> str | None:
    for cue in (*slot.cues.zh_cn, *slot.cues.en):
        place = text.lower().find(cue.lower())
        if place >= 0:
            rest = re.split(r"[。；;\n]", text[place + len(cue) :], maxsplit=1)[0].strip(" ,，:：是")
            if rest:
                return rest
    return None


# -- readings per type -------------------------------------------------------------------------------------------------


def _text(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    match = _LEAD.match(text.lower())
    rest = text[match.end() :].strip(" ,，。") if match else text
    return rest or text


def _address(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    return _text(slot, plain, today, choices, text) if len(plain) >= 5 and _ADDRESS.search(plain) else None


def _number(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    found = _NUMBER.findall(plain)
    if len(found) == 1:
        value = float(found[0])
        return int(value) if value.is_integer() else value
    han = _HAN_NUMBER.findall(plain)
    return dates.number(han[0]) if not found and len(han) == 1 else None


def _amount(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    found = [a or b for a, b in _AMOUNT.findall(plain)] or (_NUMBER.findall(plain) if len(plain) < 16 else [])
    if len(found) != 1:
        return None
    try:
        return round(float(found[0].replace(",", "")), 2)
    except ValueError:
        return None


def _date(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    found = dates.find(plain, today)
    return found.isoformat() if found else None


def _phone(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    found = _PHONE.search(plain)
    return clean_phone(found[1] or found[2]) if found else None


def _email(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    found = _EMAIL.search(plain)
    return clean_email(found[0]) if found else None


def _order(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    if choices:
        chosen = _choice(slot, plain, today, choices, text)
        if chosen is not None:
            return chosen
    if slot.format:
        found = re.search(rf"(?<![a-z0-9]){_pattern(slot.format)}(?![a-z0-9])", plain)
        return found[0].upper() if found else None
    candidates = [m[0] for m in _ORDER.finditer(plain) if not _PHONE.fullmatch(m[0])]
    return candidates[0].upper() if candidates else None


def _pattern(mask: str) -> str:
    marks = {"#": r"\d", "@": "[a-z]", "*": "[a-z0-9]"}
    return "".join(marks.get(c, re.escape(c.lower())) for c in mask)


def _choice(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    """Exact first, then the longest of a choice's words inside the text; 第二个 and 2 count, too."""
    ordinal = re.fullmatch(
        r"(?:第\s*)?(\d{1,2}|[一二三四五六七八九十])\s*(?:个|项|号|条)?[。.]?|(?:the )?(first|second|third|last)(?: one)?",
        plain,
    )
    for choice in choices:
        if plain.strip(" 。.!！") in (
            normalize(choice.value),
            normalize(choice.label.zh_cn),
            normalize(choice.label.en),
        ):
            return choice.value
    if ordinal:
        names = {"first": 1, "second": 2, "third": 3, "last": len(choices)}
        place = names[ordinal[2]] if ordinal[2] else (dates.number(ordinal[1]) or 0)
        return choices[place - 1].value if 1 <= place <= len(choices) else None
    best: tuple[int, str] | None = None
    tied = False
    for choice in choices:
        for word in (choice.value, choice.label.zh_cn, choice.label.en, *choice.words.zh_cn, *choice.words.en):
            if len(word) > 1 and _holds(plain, normalize(word)):
                if best is None or len(word) > best[0]:
                    best, tied = (len(word), choice.value), False
                elif len(word) == best[0] and choice.value != best[1]:
                    tied = True
    return best[1] if best and not tied else None


def _holds(plain: str, word: str) -> bool:
    if word.isascii():
        return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", plain) is not None
    return word in plain


def _yes_no(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    return {Intent.YES: True, Intent.NO: False}.get(intent_of(plain))


def _code(slot: Slot, plain: str, today: date, choices: Sequence[Choice], text: str) -> Any:
    """Four digits; whoever gives the whole phone number has given them as well."""
    whole = _PHONE.search(plain)
    if whole:
        return re.sub(r"\D", "", whole[0])[-4:]
    found = _CODE.findall(plain)
    return found[0] if len(found) == 1 else None


_READ: Final = {
    "text": _text,
    "address": _address,
    "number": _number,
    "amount": _amount,
    "date": _date,
    "phone": _phone,
    "email": _email,
    "order_number": _order,
    "choice": _choice,
    "yes_no": _yes_no,
    "code": _code,
}


def _checked(slot: Slot, value: Any, today: date) -> Heard:
    low, high = slot.min, slot.max
    if slot.type in ("number", "amount"):
        size = float(value)
    elif slot.type in ("text", "address"):
        size = len(value)
    elif slot.type == "date":
        size = (date.fromisoformat(value) - today).days
    else:
        return Heard(value)
    kind = {"number": "number", "amount": "number", "date": "date"}.get(slot.type, "text")
    if low is not None and size < low:
        return Heard(value, f"{kind}_too_small")
    if high is not None and size > high:
        return Heard(value, f"{kind}_too_large")
    return Heard(value)


def without_values(text: str) -> str:
    """The sentence without its numbers and addresses: what is left says what is wanted."""
    plain = normalize(text)
    for pattern in (_EMAIL, _PHONE, _ORDER):
        plain = pattern.sub(" ", plain)
    return re.sub(r"\s+", " ", plain).strip(" ,，。")
