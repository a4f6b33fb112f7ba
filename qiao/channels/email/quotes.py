"""What somebody has newly written, apart from what they quote and how they sign. Pure.

Rules of our own, line by line, for the headers and signatures that mail programs write in the languages customers use:
the general libraries for this search whole mails with expressions whose time explodes on mails made for it, and take every
line that begins with a dash for a signature.
"""

import re
from typing import Final, NamedTuple

TEXT_LIMIT: Final = 400_000
_LINE_LIMIT: Final = 400
_MOST_LINES: Final = 4000
"""Nobody writes more than this above a quotation."""

_COLON: Final = r"\s{0,3}[:：]"
_FROM: Final = "From|发件人|寄件者|寄件人|寄件者|發件人|差出人|送信元|보낸 사람|Von|De|Da|Van|Från|Fra|Od|От|Kimden"
_OTHERS: Final = (
    "Sent|Date|To|Cc|Subject|Reply-To|Importance|发送时间|發送時間|发送日期|传送日期|寄件日期|日期|时间|時間|收件人|收件者"
    "|抄送|副本|主题|主題|主旨|标题"
    "|送信日時|日時|宛先|件名|보낸 날짜|날짜|받는 사람|제목|Gesendet|Datum|An"
    "|Betreff|Envoyé|À|A|Objet|Enviado|Fecha|Para|Asunto"
    "|Inviato|Oggetto|Data|Aan|Onderwerp|Verzonden|Дата|Кому|Тема|Отправлено|Assunto|Konu|Tarih|Kime"
)
_FROM_LINE: Final = re.compile(rf"[*\s>]{{0,6}}(?:{_FROM}){_COLON}", re.IGNORECASE)
_OTHER_LINE: Final = re.compile(rf"[*\s>]{{0,6}}(?:{_OTHERS}){_COLON}", re.IGNORECASE)
_RULE: Final = re.compile(
    r"\s*[-_—=*]{2,}\s*(?:Original(?: Message| Email)?|Forwarded [Mm]essage|Begin forwarded message"
    r"|Reply Message"
    r"|原始邮件|原邮件|原始郵件|转发(?:的)?邮件(?:信息)?|轉寄郵件|转发邮件信息|回复的原邮件|回复的邮件|邮件原件"
    r"|Ursprüngliche Nachricht|Message d'origine"
    r"|Mensaje original|Messaggio originale|元のメッセージ|원본 메시지|Исходное сообщение)\s*[-_—=*:：]{0,40}\s*",
    re.IGNORECASE,
)
_BAR: Final = re.compile(r"\s*[_]{20,}\s*")
_WROTE_END: Final = re.compile(
    r"(?:wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev|пишет|написал"
    r"|写道|写到|寫道|來信)[^:：]{0,80}[:：]\s*$",
    re.IGNORECASE,
)
_WROTE_START: Final = re.compile(
    r"\s*(?:>\s*)?(?:On\b|At\b|Am\b|Le\b|El\b|Em\b|Il\b|Op\b|Den\b|Dnia\b|在|于|於|\d{4}\s*[-/年.]|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
    r"|[\"“「]?[^\n]{1,60}<[^<>\s]{1,120}@[^<>\s]{1,120}>)",
    re.IGNORECASE,
)
_DATED: Final = re.compile(
    r"\d{1,4}\s*(?:[-/年.:]|st|nd|rd|th)|@|<|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)|[周週星][一二三四五六日期]"
)
_BLOCK_RULES: Final = re.compile(r"\s*(?:回复|回覆|答复)\s*[:：]\s*$")
_DASHES: Final = re.compile(r"--\s?|—{1,2}|__")
_DEVICE: Final = re.compile(
    r"\s*(?:"
    r"发自我的|发自手机|来自我的|从我的.{1,20}发送|發自我的|從我的.{1,20}傳送|发送自|发自.{1,12}邮箱"
    r"|来自.{1,12}(?:邮箱|手机)|从.{1,16}(?:邮箱|手机|版).{0,4}发[出送]"
    r"|网易邮箱大师|由网易.{1,12}发[出送]"
    r"|由\s*(?:Foxmail|QQ邮箱|网易邮箱).{0,12}|邮件由.{1,30}发送|获取\s*Outlook|下载\s*Outlook"
    r"|Sent (?:from|with|via) |Get Outlook for |Sent using |Von meinem .{1,20} gesendet|Gesendet (?:von|mit) "
    r"|Envoyé (?:de|depuis) |Enviado desde "
    r"|Inviato da |Verstuurd vanaf |iPhoneから送信|나의 .{1,20}에서 보냄"
    r").{0,80}",
    re.IGNORECASE,
)
_CLOSING: Final = re.compile(
    r"\s*(?:此致(?:敬礼)?|敬礼|顺颂商祺|顺祝商祺|谨启|敬上|祝商祺|祝好|祝您(?:工作|生活).{0,8}|此致\s*敬礼"
    r"|(?:best|kind|warm)(?: and warm)? regards|regards|best wishes|best|cheers|sincerely"
    r"|yours (?:sincerely|faithfully|truly)|many thanks|mit freundlichen grüßen"
    r"|cordialement|saludos)\s*[,，.。!！]?\s*",
    re.IGNORECASE,
)


class Split(NamedTuple):
    """The parts of a text mail."""

    words: str
    quoted: str
    signature: str


def split(text: str) -> Split:
    """Separates new words, quotation and signature. Answers written between quoted lines stay with what they answer."""
    lines = [line.rstrip() for line in text[:TEXT_LIMIT].split("\n")]
    cut = _quotation(lines)
    above, below = lines[:cut], lines[cut:]
    if _interleaved(below) and not _written(above):
        # "see my answers below": the quotation is needed to understand them.
        return Split(_joined(lines), "", "")
    if not _written(above) and below:
        after = _after(below)
        if after is not None:
            # Written below the quotation, as in the old days.
            words, signature = _signed(below[after:])
            return Split(_joined(words), _joined([*above, *below[:after]]), _joined(signature))
    words, signature = _signed(above)
    if not _written(words) and signature:
        words, signature = above, []
    return Split(_joined(words), _joined(below), _joined(signature))


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _written(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _quotation(lines: list[str]) -> int:
    """Where the quotation begins; the number of lines when there is none."""
    for number, whole in enumerate(lines[:_MOST_LINES]):
        line = whole[:_LINE_LIMIT]
        if not line.strip():
            continue
        if line.startswith(">") and _all_quoted(lines, number):
            return number
        if _RULE.fullmatch(line):
            return number
        if _BAR.fullmatch(line) and _header_block(lines, number + 1):
            return number
        if _FROM_LINE.match(line) and _header_block(lines, number):
            return _without_rule(lines, number)
        if _is_wrote(lines, number):
            return number
        if _BLOCK_RULES.fullmatch(line) and number + 1 < len(lines) and _header_block(lines, number + 1):
            return number
    return len(lines)


def _all_quoted(lines: list[str], number: int) -> bool:
    """Whether a run of quoted lines ends the mail, or is long enough to be no citation in passing."""
    return sum(line.startswith(">") for line in lines[number : number + 40]) >= 3 or not _written(
        [line for line in lines[number:] if not line.startswith(">")]
    )


def _without_rule(lines: list[str], number: int) -> int:
    before = number - 1
    while before >= 0 and not lines[before].strip():
        before -= 1
    return before if before >= 0 and re.fullmatch(r"\s*[-_—=*]{3,}\s*", lines[before][:_LINE_LIMIT]) else number


def _header_block(lines: list[str], number: int) -> bool:
    """From, Sent, To, Subject in whatever language: at least two different ones close together, the first being From."""
    near = [line[:_LINE_LIMIT] for line in lines[number : number + 14] if line.strip()][:7]
    first = next((index for index, line in enumerate(near[:2]) if _FROM_LINE.match(line)), None)
    return first is not None and sum(_OTHER_LINE.match(line) is not None for line in near[first + 1 : first + 6]) >= 1


def _is_wrote(lines: list[str], number: int) -> bool:
    """「在 2026年…，某人 写道：」, also when it was broken into two or three lines."""
    if not _WROTE_START.match(lines[number][:_LINE_LIMIT]):
        return False
    said = ""
    for line in lines[number : number + 3]:
        if not line.strip():
            return False
        said = f"{said} {line.strip().lstrip('> ')}".strip()[:_LINE_LIMIT]
        if _WROTE_END.search(said):
            return _DATED.search(said) is not None
    return False


def _interleaved(lines: list[str]) -> bool:
    """Whether own words stand between quoted ones, more than once."""
    turns, quoted = 0, False
    for line in lines:
        if not line.strip():
            continue
        if quoted and not line.startswith(">"):
            turns += 1
        quoted = line.startswith(">")
    return turns >= 2 or (turns == 1 and quoted)


def _after(lines: list[str]) -> int | None:
    """Where words of one's own begin below a quotation of marked lines; None when there are none."""
    last = max((number for number, line in enumerate(lines) if line.startswith(">")), default=None)
    if last is None or not _written(lines[last + 1 :]):
        return None
    return last + 1


def _signed(lines: list[str]) -> tuple[list[str], list[str]]:
    """Words and signature."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for number in range(max(0, end - 30), end):
        if _DASHES.fullmatch(lines[number]) and number and end - number <= 16:
            return lines[:number], lines[number:]
    found = end
    for number in range(end - 1, max(-1, end - 14), -1):
        line = lines[number]
        if len(line) > 100:
            break
        if _DEVICE.fullmatch(line) or (_CLOSING.fullmatch(line) and number and end - number <= 10):
            found = number
    return (lines[:found], lines[found:]) if found < end else (lines, [])
