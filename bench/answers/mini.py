"""Knowledge bases and questions for fitting: our own questions, and open sets from a folder given by the caller."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from bench.answers import groups
from qiao.knowledge.search.document import Document


@dataclass(frozen=True)
class Case:
    """A knowledge base and questions with the document that answers each; None: nothing in it does."""

    name: str
    documents: list[Document]
    questions: list[tuple[str, str | None]]
    far: frozenset[str] = frozenset()
    """Those of the unanswered questions that are of no concern of the company at all."""


def own_blocks(language: str) -> list[list[str]]:
    lines = Path(__file__).with_name("questions.txt").read_text("utf-8").splitlines()
    blocks = [[part.strip() for part in line.split(" | ")] for line in lines if line and not line.startswith("#")]
    return blocks[0 if language == "zh" else 1 :: 2]


_MOST = 600
"""Questions asked of one knowledge base."""

WRAPPERS = {
    "zh": ("{}", "{}？", "请问{}", "你好，{}", "{}啊", "我想问一下{}", "{}呢", "麻烦问下，{}谢谢", "亲{}"),
    "en": ("{}", "{}?", "hi, {}", "hello {} please", "i'd like to know {}", "{} thanks", "question: {}"),
}
VERBS = {
    "zh": ("开通", "关闭", "修改", "查询", "取消", "升级"),
    "en": ("activate", "turn off", "change", "check", "cancel", "upgrade"),
}
OBJECTS = {
    "zh": (
        "短信提醒",
        "免密支付",
        "国际漫游",
        "语音信箱",
        "指纹登录",
        "夜间模式",
        "宽带套餐",
        "亲情号码",
        "定期存款",
        "会员日优惠",
    ),
    "en": (
        "text alerts",
        "contactless payment",
        "roaming",
        "voicemail",
        "fingerprint login",
        "night mode",
        "my data plan",
        "family sharing",
    ),
}
PHRASINGS = {
    "zh": ("怎么{v}{o}", "{o}如何{v}", "我想{v}{o}", "在哪里可以{v}{o}", "{o}{v}不了怎么办"),
    "en": (
        "how do i {v} {o}",
        "i want to {v} {o}",
        "where can i {v} {o}",
        "can you {v} {o} for me",
        "unable to {v} {o}",
    ),
}
PRICED = {
    "zh": ("{n}元套餐有多少流量", "{n}块的套餐流量是多少", "{n}元那个套餐包含几个G"),
    "en": (
        "how much data is in the {n} plan",
        "data included with the {n} euro plan",
        "{n} plan: how many gigabytes",
    ),
}
NUMBERS = (19, 29, 39, 59, 88, 99, 129, 199)


def rehearse(text: str, chance: random.Random, language: str) -> str:
    """A question as typed by somebody who knows its wording: wrapped, or with a letter missing or doubled."""
    text = chance.choice(WRAPPERS[language]).format(text.rstrip("?？"))
    if chance.random() < 0.3 and len(text) > 5:
        place = chance.randrange(1, len(text) - 1)
        text = text[:place] + chance.choice(("", text[place] * 2)) + text[place + 1 :]
    return text


def twin_blocks(language: str) -> list[list[str]]:
    """Questions that share most of their words and none of their answers."""
    twins = [[p.format(v=v, o=o) for p in PHRASINGS[language][:4]] for v in VERBS[language] for o in OBJECTS[language]]
    return twins + [[p.format(n=n) for p in PRICED[language]] for n in NUMBERS]


def article_cases() -> list[Case]:
    """Every article of a language with its questions, once with all of them and once with every other one hidden."""
    lines = (Path(__file__).with_name("articles.txt")).read_text("utf-8").splitlines()
    rows = [[part.strip() for part in line.split(" | ")] for line in lines if line and not line.startswith("#")]
    cases = []
    for language in ("zh", "en"):
        chosen = [row for row in rows if (row[0] < "一") == (language == "en")]
        for hidden in (None, 0, 1):
            documents = [
                Document(row[0], "article", row[0], body=row[1])
                for n, row in enumerate(chosen)
                if hidden is None or n % 2 != hidden
            ]
            known = {document.id for document in documents}
            questions = [(text, row[0] if row[0] in known else None) for row in chosen for text in row[2:]]
            # Questions of the shop that none of the articles answers.
            questions += [(block[-1], None) for block in own_blocks(language)[26:60:3]]
            cases.append(Case(f"articles-{language}-{hidden or 0}", documents, questions))
    return cases


def own_cases(rounds: int, seed: int = 1) -> list[Case]:
    """Each round hides some answers: their questions become those of the same trade that nothing answers."""
    cases = []
    for language in ("zh", "en"):
        for number in range(rounds):
            chance = random.Random(f"{seed}{language}{number}")
            twins = chance.sample(twin_blocks(language), 30)
            cases.append(_case(f"own-{language}-{number}", own_blocks(language) + twins, chance, language))
    return cases


def group_cases(rounds: int, seed: int = 1) -> list[Case]:
    """The groups of every trade as a small knowledge base, and those of all trades of a language as a large one."""
    cases = []
    domains = groups.load()
    for language in groups.LANGUAGES:
        mine = [domain for domain in domains if domain.language == language]
        for chosen, times in [([domain], rounds) for domain in mine] + [(mine, 1)]:
            for number in range(times):
                name = f"{language}-{chosen[0].name if len(chosen) == 1 else 'all'}-{number}"
                chance = random.Random(f"{seed}{name}")
                blocks = [[group.title, *group.phrasings] for domain in chosen for group in domain.groups]
                case = _case(f"groups-{name}", blocks, chance, language)
                near = [text for domain in chosen for text in domain.near]
                far = [text for domain in chosen for text in domain.far]
                questions = case.questions + [(text, None) for text in near + far]
                if len(questions) > _MOST:
                    questions = chance.sample(questions, _MOST)
                cases.append(Case(case.name, case.documents, questions, frozenset(far)))
    return cases


def intent_cases(folder: Path, rounds: int, seed: int = 1) -> list[Case]:
    """The same with intents of banking77 (CC-BY-4.0) and clinc150 (CC-BY-3.0) as answers."""
    cases = []
    for name in ("intent_banking77_en", "intent_clinc150_en"):
        blocks: dict[str, list[str]] = {}
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            blocks.setdefault(row["label"], []).append(row["text"])
        far = blocks.pop("oos", [])
        for number in range(rounds):
            chance = random.Random(f"{seed}{name}{number}")
            sampled = [chance.sample(texts, min(9, len(texts))) for texts in blocks.values()]
            case = _case(f"{name}-{number}", sampled, chance, "en")
            strangers = chance.sample(far, min(40, len(far)))
            questions = chance.sample(case.questions, min(_MOST, len(case.questions)))
            questions += [(text, None) for text in strangers]
            cases.append(Case(case.name, case.documents, questions, frozenset(strangers)))
    return cases


def _case(name: str, blocks: list[list[str]], chance: random.Random, language: str) -> Case:
    documents: list[Document] = []
    questions: list[tuple[str, str | None]] = []
    hidden = chance.choice((0.2, 0.35, 0.5))
    for number, block in enumerate(blocks):
        first, *rest = block if chance.random() < 0.5 else chance.sample(block, len(block))
        # Knowledge bases differ in how many phrasings an editor gave.
        known = chance.choice((0, 0, 1, 2)) if len(rest) > 2 else 0
        asked = rest[known:]
        if chance.random() < hidden:
            questions += [(text, None) for text in (*asked, rehearse(first, chance, language))]
            continue
        documents.append(
            Document(str(number), "faq", first, tuple(rest[:known]), locale="zh-CN" if language == "zh" else "en")
        )
        questions += [(text, str(number)) for text in asked]
        questions.append((rehearse(chance.choice([first, *rest[:known]]), chance, language), str(number)))
    return Case(name, documents, questions)
