"""Takes out of a text what could be somebody's: numbers, addresses, names. Pure.

Stricter than what the language model is told (there order numbers stay): these words outlive the case they come from, and
may become part of a public text.
"""

import re
from collections.abc import Iterable
from typing import Final

from qiao.core import i18n, personal
from qiao.core.personal import ALONE

_SURNAMES: Final = (
    "王李张刘陈杨黄赵周吴徐孙马胡朱郭何罗高林郑梁谢唐许冯宋韩邓彭曹曾田萧潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺"
    "毛郝顾龚邵万覃武钱戴严莫孔向傅"
)
_HAN: Final = r"\u4e00-\u9fff"
_NUMBER: Final = r"[0-9０-９一二三四五六七八九十百]+"
_STREET: Final = (
    rf"[{_HAN}]{{2,12}}?(?:路|大道|街|巷|弄|胡同|村)\s*(?:[0-9０-９]+|[一二三四五六七八九十百]+(?=号|弄))\s*号?"
)
_WITHIN: Final = rf"(?:[{_HAN}A-Za-z]{{0,8}}?(?:[0-9A-Za-z-]+|{_NUMBER})\s*(?:号楼|栋|幢|座|单元|楼|层|室|户|号))*"
_REGION: Final = (
    rf"[{_HAN}]{{2,6}}?(?:省|自治区)\s*[{_HAN}]{{2,8}}?(?:市|州|盟|地区)(?:\s*[{_HAN}]{{1,8}}?(?:区|县|旗|市))?"
)
_EN_STREET: Final = (
    r"\b\d{1,5}[A-Za-z]?,?\s+(?:[A-Z][\w'’]*\.?\s+){1,4}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Terrace|Close)\b\.?"
    r"(?:,?\s+(?:Apt|Apartment|Unit|Suite|Flat)\.?\s*#?\w+)?"
)
_PATTERNS: Final = (
    (personal.EMAIL, "email"),
    (re.compile(r"(?:https?://|www\.)[^\s，。；、）)】>\"'“”]+"), "link"),
    (personal.CHINESE_ID, "id"),
    (personal.CARD_IN_GROUPS, "card"),
    (personal.MOBILE, "phone"),
    (re.compile(r"(?:0\d{2,3}[ -]\d{7,8}|\+\d{1,3}[ -]?\d[\d -]{6,13}\d)".join(ALONE)), "phone"),
    (re.compile(r"\(?\d{3}\)?[ -]\d{3}[ -]\d{4}".join(ALONE)), "phone"),
    (re.compile(rf"(?:{_REGION}\s*)?{_STREET}{_WITHIN}|{_REGION}"), "address"),
    (re.compile(_EN_STREET), "address"),
    (re.compile(r"(?:[A-Za-z]{1,6}-?\d{5,}(?:-\d+)*|\d[\d-]{6,}\d)".join(ALONE)), "order"),
    (re.compile(rf"(?<=我叫)[{_HAN}]{{2,4}}"), "name"),
    (re.compile(rf"(?:(?<=姓名)|(?<=收件人)|(?<=收货人)|(?<=联系人))[是为：:\s]{{1,2}}[{_HAN}]{{2,4}}"), "name"),
    (re.compile(rf"[{_SURNAMES}][{_HAN}]{{0,2}}?(?=先生|女士|小姐|阿姨|叔叔)"), "name"),
    (re.compile(r"(?i:(?<=my name is )|(?<=my name's ))[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2}"), "name"),
    (re.compile(r"(?:(?<=Mr )|(?<=Mr\. )|(?<=Ms )|(?<=Ms\. )|(?<=Mrs )|(?<=Mrs\. ))[A-Z][\w'’-]+"), "name"),
)  # fmt: skip
_SPACE: Final = re.compile(r"[ \t\u3000]+")


def mask(text: str, locale: str, names: Iterable[str] = ()) -> str:
    """`text` with what is somebody's replaced by what it is. `names`: of the people who took part."""
    for pattern, name in _PATTERNS:
        text = pattern.sub(f"[{i18n.t(f'gaps.mask.{name}', locale)}]", text)
    someone = f"[{i18n.t('gaps.mask.name', locale)}]"
    for known in sorted({n for name in names for n in _parts(name)}, key=len, reverse=True):
        if known.isascii():
            text = re.sub(rf"\b{re.escape(known)}\b", someone, text)
        else:
            text = text.replace(known, someone)
    return _SPACE.sub(" ", text.replace("\x00", "")).strip()


def _parts(name: str) -> list[str]:
    """A name as people write it: whole, and of a Latin one each word long enough to be nobody else's."""
    name = " ".join(name.split())
    if len(name) < 2:
        return []
    if name.isascii():
        return [name, *(word for word in name.split() if len(word) >= 3 and word[0].isupper() and word.isalpha())]
    return [name]
