"""Files of all kinds, good, odd and hostile: rows or a sentence, never anything else."""

import csv
import io
import json
import zipfile
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qiao.core import i18n
from qiao.core.errors import Invalid
from qiao.knowledge.importing import rows
from qiao.knowledge.importing.reading import Parsed, read_file
from qiao.knowledge.importing.reading.columns import field_of, mapped, recognised
from qiao.knowledge.importing.reading.records import MAX_ROWS
from tests.knowledge.importing.files import csv_of, xlsx_of, zip_of

ZONE = ZoneInfo("Asia/Shanghai")
TABLE = [
    ["分类", "问题", "相似问法", "答案"],
    ["退换货", "怎么退货？", "如何退货|退货流程", "七天内可退，\n逗号也行。"],
]


def values(parsed: Parsed, number: int = 0) -> dict[str, str]:
    return rows.values_of(parsed.records[number], mapped(parsed.columns, {}) if parsed.columns else {})


def refusal(name: str, data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read_file(name, data)
    return caught.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_in_the_encodings_and_separators_people_use(encoding: str, separator: str) -> None:
    parsed = read_file("faq.csv", csv_of(TABLE, separator, encoding))
    assert parsed.separator == separator
    assert values(parsed)["question"] == "怎么退货？"
    assert values(parsed)["answer"] == "七天内可退，\n逗号也行。"
    assert parsed.records[0].row == 2


def test_traditional_chinese_and_western_european_text() -> None:
    text = "問題,答案\n如何辦理退貨與退款的手續,請於收到商品後七日內聯絡客服人員辦理\n"
    assert values(read_file("a.csv", text.encode("big5")))["question"] == "如何辦理退貨與退款的手續"
    western = "question,answer\nWo ist das Café in Köln?,Über der Straße gegenüber der Façade\n".encode("cp1252")
    assert "Café" in values(read_file("a.csv", western))["question"]


def test_a_title_above_the_header_and_blank_rows_are_skipped() -> None:
    table = [["常见问题整理 2026", ""], [], ["问题*", "答案（必填）"], ["", ""], ["怎么付款", "微信或支付宝"]]
    parsed = read_file("a.csv", csv_of(table))
    assert [(r.row, values(parsed)["question"]) for r in parsed.records] == [(5, "怎么付款")]


def test_columns_are_known_by_many_names_and_may_be_mapped() -> None:
    assert [field_of(name) for name in ("标准问题", "Similar Questions", "回复", "LANG", "valid_until", "编号")] == [
        "question", "variants", "answer", "locale", "valid_until", None
    ]  # fmt: skip
    assert recognised(["问题", "answer", "问题"]) == {"question": 0, "answer": 1}
    assert mapped(["编号", "甲", "乙"], {"question": "甲", "answer": 2}) == {"question": 1, "answer": 2}
    for bad in ({"question": "丙"}, {"nonsense": 0}, {"question": 9}, {}):
        with pytest.raises(Invalid):
            mapped(["编号", "甲", "乙"], bad)
    unknown = read_file("a.csv", csv_of([["甲", "乙"], ["怎么付款", "微信"]]))
    assert rows.values_of(unknown.records[0], mapped(unknown.columns, {"question": 0, "answer": 1}))["answer"] == "微信"


def test_xlsx_takes_values_not_formulas_and_finds_the_right_sheet() -> None:
    data = xlsx_of(
        [["说明"], ["请填写第二张表"]],
        [["Question", "Answer", "valid from", "tags"], ["多少钱", 299.0, date(2026, 1, 2), True]],
    )
    found = values(read_file("a.xlsx", data))
    assert found == {"question": "多少钱", "answer": "299", "valid_from": "2026-01-02", "tags": "TRUE"}
    formula = xlsx_of([["question", "answer"], ["q1", '=HYPERLINK("http://x","y")'], ["q2", "a2"]])
    parsed = read_file("a.xlsx", formula)
    assert [values(parsed, n)["answer"] for n in (0, 1)] == ["", "a2"]


def test_markdown_questions_articles_front_matter_and_code() -> None:
    text = (
        "# 退换货\n\n## 怎么退货？\n相似问法：如何退货 | 退货流程\n标签: 退货\n\n七天内：\n\n```\n## 不是标题\n```\n\n"
        "### 细则\n保留包装。\n## 运费谁出？\n质量问题我们出。\n"
    )
    parsed = read_file("faq.md", text.encode())
    first, second = parsed.records[0].values or {}, parsed.records[1].values or {}
    assert (first["question"], first["variants"], first["tags"], first["category"]) == (
        "怎么退货？", "如何退货 | 退货流程", "退货", "退换货"
    )  # fmt: skip
    assert first["answer"].startswith("七天内：") and "## 不是标题" in first["answer"] and "### 细则" in first["answer"]
    assert second["answer"] == "质量问题我们出。"
    front = "---\ntitle: 选购指南\ncategory: 家电\ntags: [冰箱, 选购]\naudience: internal\n---\n"
    article = front + "# 选购指南\n\n## 容量\n看人口。\n"
    record = read_file("guide.md", article.encode()).records[0]
    assert record.kind == "article" and record.values is not None
    assert record.values["question"] == "选购指南" and record.values["answer"].startswith("## 容量")
    assert record.values["tags"] == "冰箱\n选购" and record.values["audience"] == "internal"
    forced = read_file("x.md", b"---\ntype: faq\n---\n## Delivery\nTwo days.\n").records
    assert [r.kind for r in forced] == ["faq"]


def test_a_zip_takes_what_is_good_and_names_what_is_not() -> None:
    data = zip_of(
        {
            "a/faq.md": "## 怎么付款？\n微信。".encode(),
            "b/empty.md": b"",
            "c/binary.md": b"\x00\x01\x02\x03" * 50,
            "__MACOSX/._faq.md": b"junk",
            "image.png": b"\x89PNG",
        }
    )
    parsed = read_file("kb.zip", data)
    assert [record.row for record in parsed.records] == [1, 2, 3]
    broken = [record.broken.code for record in parsed.records if record.broken]
    assert broken == ["import.file_unreadable", "import.file_unreadable"] or "import.file_empty" in broken
    assert refusal("x.zip", zip_of({"a.txt": b"x"})) == "import.zip_without_markdown"


def test_refusals_say_what_is_wrong() -> None:
    assert refusal("a.csv", b"") == "import.empty"
    assert refusal("a.csv", b"question,answer\n") == "import.empty"
    assert refusal("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600) == "import.old_excel"
    assert refusal("a.csv", bytes(range(256)) * 20) == "import.not_text"
    assert refusal("a.pdf", b"%PDF-1.7 ...") == "import.kind_unknown"
    whole = xlsx_of([["question", "answer"], ["q", "a"]])
    assert refusal("a.xlsx", whole[: len(whole) // 2]) == "import.xlsx_damaged"
    assert refusal("a.xlsx", b"not a workbook") == "import.xlsx_damaged"
    long = csv_of([["question", "answer"], *([f"q{n}", "a"] for n in range(MAX_ROWS + 1))])
    assert refusal("a.csv", long) == "import.too_many_rows"


def test_bombs_do_not_go_off() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        with archive.open("xl/sharedStrings.xml", "w") as part:
            for _ in range(70):
                part.write(b"0" * 1024 * 1024)
    assert len(out.getvalue()) < 1024 * 1024
    assert refusal("a.xlsx", out.getvalue()) == "import.unpacks_too_large"
    entities = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert refusal("a.xlsx", zip_of({"xl/workbook.xml": entities})) == "import.xlsx_damaged"
    front = "---\na: &a [x]\nb: &b [*a,*a,*a]\ntags: [*b,*b]\n---\n## Why?\nBecause.\n"
    assert read_file("a.md", front.encode()).records[0].values is not None


def test_a_row_with_a_giant_cell_does_not_take_the_others_with_it() -> None:
    data = csv_of([["question", "answer"], ["q1", "a1"], ["q2", "x" * 200_000], ["q3", "a3"]])
    parsed = read_file("a.csv", data)
    assert [bool(record.broken) for record in parsed.records] == [False, True, False]


def test_values_are_checked_field_by_field() -> None:
    def check(**given: str) -> tuple[dict[str, object], list[str]]:
        fields, faults = rows.interpret(given, kind="faq", zone=ZONE, default_locale="zh-CN")
        return fields, [f"{fault.field}:{fault.code}" for fault in faults]

    fields, faults = check(
        question=" 怎么  退货 ", answer="a", variants="1. 如何退货\n- 怎么  退货|退货流程；退货", tags="退货、物流,x",
        audience="内部", valid_from="2026年1月2日", valid_until="2026/3/1", locale="中文", category="售后",
    )  # fmt: skip
    assert faults == [] and fields["question"] == "怎么 退货" and fields["variants"] == ["如何退货", "退货流程", "退货"]
    assert fields["tags"] == ["退货", "物流", "x"] and fields["audience"] == "internal"
    assert fields["valid_from"] == "2026-01-01T16:00:00+00:00"
    assert fields["valid_until"] == "2026-03-01T16:00:00+00:00"  # the last day counts whole
    assert check(question="How do I pay?", answer="By card")[0]["locale"] == "en"
    assert check()[1] == ["question:field_missing", "answer:field_missing"]
    assert check(question="q" * 501, answer="a" * 20_001)[1] == ["question:text_too_long", "answer:text_too_long"]
    assert check(question="qq", answer="a", locale="fr", audience="x", valid_from="soon")[1] == [
        "locale:import.locale_unknown", "audience:import.audience_unknown", "valid_from:import.date_unknown"
    ]  # fmt: skip
    reversed_ = check(question="qq", answer="a", valid_from="2026-02-01", valid_until="2026-01-01")[1]
    assert reversed_ == ["valid_until:knowledge.validity_reversed"]
    assert check(question="qq", answer="a", tags="t" * 41)[1] == ["tags:text_too_long"]


def test_questions_that_differ_in_form_only_are_the_same() -> None:
    assert rows.key_of("怎么退货？") == rows.key_of("怎麼退貨") == rows.key_of(" 怎么退货?! ")
    assert rows.key_of("How to PAY?") == rows.key_of("how  to pay")
    assert rows.key_of("怎么退货") != rows.key_of("怎么换货")


def _survives(name: str, data: bytes) -> None:
    try:
        parsed = read_file(name, data)
    except Invalid as problem:
        for locale in i18n.LOCALES:
            sentence = i18n.t(f"errors.{problem.code}", locale, **problem.params)
            assert sentence != f"errors.{problem.code}" and "{" not in sentence.replace("{}", "")
        return
    numbers = [record.row for record in parsed.records]
    assert numbers == sorted(set(numbers)) and 0 < len(numbers) <= MAX_ROWS
    try:
        mapping = mapped(parsed.columns, {}) if parsed.columns else {}
    except Invalid:
        return
    for record in parsed.records:
        if record.broken is None:
            found, _ = rows.interpret(
                rows.values_of(record, mapping), kind=record.kind, zone=ZONE, default_locale="zh-CN"
            )
            stored = json.dumps(found, ensure_ascii=False)
            assert "\x00" not in stored
            stored.encode()


NAMES = st.sampled_from(["a.csv", "a.xlsx", "a.md", "a.zip", "a", "a.CSV", ".md"])


@given(NAMES, st.binary(max_size=3000))
@example("a.csv", b"\xff\xfe\x00")
@example("a.csv", b'question,answer\n"unclosed,1\n')
def test_any_bytes(name: str, data: bytes) -> None:
    _survives(name, data)


@given(NAMES, st.text(max_size=2000), st.sampled_from(["utf-8", "gb18030", "utf-16", "utf-32", "utf-8-sig"]))
def test_any_text_in_any_encoding(name: str, text: str, encoding: str) -> None:
    _survives(name, text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "ignore"))


@given(st.data())
def test_damaged_workbooks_and_archives(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([_BOOK, _ARCHIVE]))
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 400)))
    filling = data.draw(st.binary(max_size=60))
    _survives(data.draw(NAMES), whole[:start] + filling + whole[end:])


@given(st.lists(st.lists(st.text(max_size=30), max_size=5), max_size=8))
def test_any_table_under_a_good_header(table: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["问题", "答案", "语言", "生效", "标签"], *table])
    _survives("a.csv", out.getvalue().encode("utf-8", "surrogatepass"))


_BOOK = xlsx_of([["question", "answer"], *([f"question {n}", f"answer {n}"] for n in range(20))])
_ARCHIVE = zip_of({f"{n}.md": f"## 问题 {n}？\n答案\n".encode() for n in range(5)})
