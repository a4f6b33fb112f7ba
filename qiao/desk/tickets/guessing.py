"""What a ticket from a conversation probably is about, by words anybody can check. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qiao.core.text import normalize
from qiao.desk.tickets.definition import Definition, FieldSpec

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "refund": (
        "退款", "退货", "退换", "换货", "退钱", "退掉", "不想要了", "七天无理由", "refund", "return", "exchange",
        "money back", "send it back",
    ),
    "logistics": (
        "物流", "快递", "发货", "没收到", "未收到", "派送", "签收", "催件", "改地址", "运单", "丢件", "包裹", "delivery",
        "shipping", "parcel", "package", "tracking", "courier", "not arrived", "never arrived", "where is my order",
    ),
    "invoice": ("发票", "开票", "抬头", "税号", "专票", "invoice", "receipt", "vat", "tax number"),
    "fault": (
        "坏了", "故障", "不工作", "开不了机", "不通电", "维修", "报修", "保修", "漏水", "漏电", "冒烟", "异响", "broken",
        "not working", "does not work", "doesn't work", "won't turn on", "repair", "warranty", "faulty", "leaking",
    ),
    "complaint": (
        "投诉", "举报", "差评", "太差", "态度差", "骗人", "欺骗", "消协", "12315", "曝光", "赔偿", "complain", "complaint",
        "terrible", "unacceptable", "awful", "compensation", "disgusted",
    ),
    "suggestion": ("建议", "希望你们", "能不能增加", "suggest", "suggestion", "it would be nice", "feature request"),
    "consultation": ("咨询", "请问", "想问", "怎么", "如何", "哪款", "question", "how do i", "how can i", "which one"),
}  # fmt: skip
"""What speaks for the shipped types. A type of one's own is guessed by its name."""
WEIGHTS: Final[Mapping[str, float]] = {"consultation": 0.4, "complaint": 1.6, "suggestion": 1.2}
"""Asking politely comes with every matter; being angry overrides what about."""
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "damaged": ("破损", "碎了", "摔坏", "压坏", "cracked", "damaged", "smashed"),
    "quality": ("质量", "瑕疵", "掉色", "开线", "坏了", "defect", "faulty", "poor quality"),
    "wrong": ("发错", "漏发", "少发", "少了", "wrong item", "wrong colour", "wrong color", "missing item", "missing"),
    "not_as_described": ("与描述不符", "和图片不一样", "不一样", "not as described", "different from the picture"),
    "no_longer_wanted": ("不想要", "不喜欢", "不合适", "买多了", "changed my mind", "no longer want", "don't want"),
    "exchange": ("换货", "换一", "exchange", "replacement"),
    "refund_only": ("仅退款", "不用退货", "refund only", "keep the"),
    "not_moving": ("不动", "没更新", "没有更新", "停在", "not moving", "stuck", "no update"),
    "not_received": ("没收到", "未收到", "显示签收", "not received", "says delivered"),
    "address": ("改地址", "换地址", "地址写错", "change the address", "wrong address", "new address"),
    "lost": ("丢了", "丢件", "丢失", "lost"),
    "dead": ("不通电", "开不了机", "没反应", "won't turn on", "no power", "dead"),
    "noise": ("异响", "噪音", "noise", "noisy"),
    "leak": ("漏水", "漏电", "leak"),
    "special": ("专票", "专用发票", "special invoice"),
    "company": ("公司抬头", "税号", "公司", "company", "tax number"),
    "sf": ("顺丰", "sf express"),
    "jd": ("京东", "jd logistics"),
    "zto": ("中通", "zto"),
    "yto": ("圆通", "yto"),
    "ems": ("邮政", "ems"),
}  # fmt: skip
URGENT: Final = (
    "紧急",
    "马上",
    "立刻",
    "赶紧",
    "着火",
    "冒烟",
    "漏电",
    "urgent",
    "asap",
    "immediately",
    "fire",
    "smoke",
    "shock",
)
_NUMBER: Final = re.compile(r"[A-Za-z]{0,6}-?\d[A-Za-z0-9-]{4,40}")
_SUM: Final = r"(\d{1,3}(?:,\d{3}){1,2}(?:\.\d{1,2})?|\d{1,8}(?:\.\d{1,2})?)"
_AMOUNT: Final = re.compile(
    # Never the end of a longer number, as of one with blanks or commas in other places.
    rf"(?:[¥￥]|rmb\s?|cny\s?)\s?{_SUM}(?![\d,]\d)|(?<!\d)(?<!\d[,.，]){_SUM}\s?(?:元|块|rmb|yuan|cny)",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d{9})(?!\d)")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_TAX: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Z]{15}(?:[0-9A-Z]{3})?(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Guess:
    """How much speaks for a type, and which words."""

    key: str
    score: float
    words: tuple[str, ...]


def types_by_words(said: str, names: Mapping[str, Sequence[str]]) -> list[Guess]:
    """Types with what spoke for them, likeliest first. `names` are the types' keys and their names."""
    text = normalize(said)
    found = []
    for key, own in names.items():
        words = WORDS.get(key) or tuple(own)
        hits = tuple(word for word in words if word and normalize(word) in text)
        found.append(Guess(key, len(hits) * WEIGHTS.get(key, 1.0), hits))
    order = {key: place for place, key in enumerate(names)}
    return sorted(found, key=lambda one: (-one.score, order[one.key]))


def numbers_in(said: str) -> list[str]:
    """Everything that looks like the number of an order or a parcel."""
    return list(dict.fromkeys(match[0] for match in _NUMBER.finditer(said)))


def same_number(one: str, other: str) -> bool:
    return _bare(one) == _bare(other) and len(_bare(one)) >= 5


def _bare(number: str) -> str:
    return re.sub(r"[^0-9a-z]", "", normalize(number))


def amount_in(said: str) -> int | None:
    """The last amount of yuan named, in fen."""
    found = [match[1] or match[2] for match in _AMOUNT.finditer(said)]
    return round(float(found[-1].replace(",", "")) * 100) if found else None


def phone_in(said: str) -> str | None:
    found = _PHONE.findall(said)
    return str(found[-1]) if found else None


def email_in(said: str) -> str | None:
    found = _EMAIL.findall(said)
    return str(found[-1]) if found else None


def tax_number_in(said: str) -> str | None:
    found = [one for one in _TAX.findall(said) if any(c.isalpha() for c in one) or len(one) == 15]
    return str(found[-1]) if found else None


def option_in(spec: FieldSpec, said: str) -> tuple[str, str] | None:
    """The one option whose name or words were said, and the word; None when none was, or several."""
    text = normalize(said)
    hits: dict[str, str] = {}
    for option in spec.options:
        for word in (*option.label.values(), *OPTIONS.get(option.key, ())):
            if len(word) >= 2 and normalize(word) in text:
                hits.setdefault(option.key, word)
    return next(iter(hits.items())) if len(hits) == 1 else None


def is_urgent(said: str) -> bool:
    text = normalize(said)
    return any(word in text for word in URGENT)


def names_of(definition: Definition) -> list[str]:
    return [words for words in definition.name.values() if words]


LONG_TITLE: Final = 60
LONGEST: Final = 1_000
"""How much of a message is read for a title."""
_OPENING: Final = re.compile(
    r"(?:"
    # Greetings, whatever follows them.
    r"(?:(?:您|你|你们|大家|早上|上午|中午|下午|晚上)好呀?|哈喽|哈罗|嗨|在[吗么嘛]|在不在|有人在?[吗么]|亲爱的|打扰(?:一下|了)"
    r"|不好意思|麻烦(?:问一下|问下|您|你)|我?(?:想|要)?(?:请问|咨询|问)(?:一下|下|个问题)"
    r"|我?想?请问|谢谢[您你]?|多谢"
    r"|(?:hello|hi|hey)(?: there)?|good (?:morning|afternoon|evening)|excuse me|thanks|thank you)(?![a-z])"
    # Answers and calls: only where they stand apart.
    r"|(?:亲+|客服|老板|小姐姐|好的?|嗯+|哦+|是的?|对的?|可以|行|谢谢啦|辛苦了?|收到"
    r"|dear [a-z ]{1,20}|(?:i have a |a |one |just a )?(?:quick )?question|thanks a lot|thank you (?:so|very) much"
    r"|ok(?:ay)?|yes|no|sure|please|sorry)(?=[,，。.!！?？~～、:：;；…]|\s*$)"
    r")[\s,，。.!！?？~～、:：;；…-]*",
    re.IGNORECASE,
)
"""How people begin before they come to the matter, and what they only answer with."""
_BARE: Final = re.compile(
    r"(?:订单号?|单号|运单号?|快递单号|电话|手机号?|联系方式|邮箱|地址|是|我的"
    r"|order(?: number| no\.?)?|phone|mobile|tel|number|email|my|is|it|its"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+|[A-Za-z]{0,6}-?\d[A-Za-z0-9-]*|[\s,，。.!！?？:：#+()（）-])+",
    re.IGNORECASE,
)
"""A number or an address and nothing about it."""
_SENTENCE: Final = re.compile(r"(?<=[。！？!?；;])\s*|(?<=\.)\s+")
_CLAUSE: Final = re.compile(r"(?<=[，,、])\s*")


def matter(line: str) -> str:
    """A line without the courtesies it begins with; empty when there is nothing else in it."""
    left = " ".join(line[:LONGEST].split())
    while left and (opening := _OPENING.match(left)):
        left = left[opening.end() :]
    if _CALLS.fullmatch(left) or _BARE.fullmatch(left):
        return ""
    return left.strip(" ,，。.;；:：、~～")


def telling(lines: Sequence[str], words: Sequence[str]) -> str:
    """What says most of what spoke for the type, else the longest: what a title is made of. Of much that is said at once the
    part that says it; greetings, numbers, calls for a person say nothing."""
    wanted = [normalize(word) for word in words]

    def weight(text: str) -> tuple[int, int]:
        return sum(word in normalize(text) for word in wanted), min(len(text), LONG_TITLE)

    kept = [found for line in lines if (found := matter(line))]
    if not kept:
        return ""
    best = max(kept, key=weight)
    if len(best) <= LONG_TITLE:
        return best
    said = [found for one in _SENTENCE.split(best) if (found := matter(one))]
    best = max(said, key=weight) if said else best
    return best if len(best) <= LONG_TITLE else _stretch([one for one in _CLAUSE.split(best) if one], weight)


def _stretch(clauses: Sequence[str], weight: Callable[[str], tuple[int, int]]) -> str:
    """As many clauses on end as fit into a title, those that say most."""
    found = [clauses[0]]
    for start in range(len(clauses)):
        taken = clauses[start]
        for one in clauses[start + 1 :]:
            if len(taken) + len(one) > LONG_TITLE:
                break
            taken += one if taken[-1:] in "，、" else f" {one}"
        found.append(taken)
    best = max(found[1:] or found, key=weight)
    return best.strip(" ,，、")


_CALLS: Final = re.compile(
    r"(?:please )?(?:(?:can|could|may) i |i (?:want|need|would like) to |let me )?(?:talk|speak|chat) (?:to|with) "
    r"(?:an? |the |some)?(?:real |live |actual )?(?:human|person|agent|one|body|representative|operator)(?: please)?[.!?]*"
    r"|(?:human|agent|operator|representative)(?: please)?[.!?]*"
    r"|(?:我要|我想|请|帮我|麻烦)?(?:转接|转|接|找|换|叫)(?:一下|个)?(?:真人|人工)(?:客服|服务)?(?:吧|谢谢)?[。！!？?]*",
    re.IGNORECASE,
)
"""A call for a person says nothing of what it is about."""


def summary(lines: Iterable[str], most: int = 6) -> str:
    """The last things the customer said, in order, greetings and calls for a person left out."""
    words = (" ".join(one.split()) for one in lines)
    kept = [line for line in words if len(line) > 3 and not _CALLS.fullmatch(line)]
    return "\n".join(kept[-most:])
