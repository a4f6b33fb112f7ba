"""`qiao evaluate classify`: labels learned from one file, given to another; nothing written when input is bad."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qiao.bot.understanding.features import Encoder
from qiao.cli import app

TAUGHT = {
    "refund": [
        "怎么退款",
        "我要退款",
        "退款多久到账",
        "钱什么时候退回来",
        "退款到哪里",
        "申请退款",
        "I want a refund",
        "refund my money",
    ],
    "shipping": [
        "什么时候发货",
        "快递到哪了",
        "发货了吗",
        "物流怎么不动",
        "查物流",
        "催发货",
        "where is my parcel",
        "shipping time",
    ],
}
OUTSIDE = ["今天天气怎么样", "讲个笑话", "股票涨了吗", "谁是总统", "sing a song", "你几岁了"]


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Encoder, "_load", lambda self: False)


def lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def taught(*, outside: bool = False) -> list[dict[str, object]]:
    pairs = [(text, label) for label, texts in TAUGHT.items() for text in texts]
    pairs += [(text, "oos") for text in OUTSIDE] if outside else []
    return [{"id": str(at), "text": text, "label": label, "x": 1} for at, (text, label) in enumerate(pairs)]


def run(folder: Path, locale: str = "en") -> Result:
    files = (("train", "t.jsonl"), ("test", "s.jsonl"), ("out", "r.jsonl"))
    arguments = [part for name, file in files for part in (f"--{name}", str(folder / file))]
    return CliRunner().invoke(app, ["evaluate", "classify", *arguments], env={"QIAO_LOCALE": locale})


def answers(folder: Path) -> dict[str, tuple[str, float]]:
    rows = [json.loads(line) for line in (folder / "r.jsonl").read_text("utf-8").splitlines()]
    assert all(list(row) == ["id", "label", "score"] for row in rows)
    return {row["id"]: (row["label"], row["score"]) for row in rows}


def test_texts_get_the_label_they_were_taught_and_its_probability(tmp_path: Path) -> None:
    lines(tmp_path / "t.jsonl", taught())
    lines(
        tmp_path / "s.jsonl",
        [{"id": "a", "text": "申请退款退钱"}, {"id": "b", "text": "Where is the parcel?", "label": 3}],
    )
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    found = answers(tmp_path)
    assert {key: label for key, (label, _) in found.items()} == {"a": "refund", "b": "shipping"}
    assert all(0.5 < score <= 1 for _, score in found.values())
    again = run(tmp_path, "zh-CN")
    assert "已将 2 行写入" in again.output
    assert answers(tmp_path) == found, "the same rows give the same answers"


def test_with_examples_out_of_scope_the_score_says_how_likely_it_is_in_scope(tmp_path: Path) -> None:
    lines(tmp_path / "t.jsonl", taught(outside=True))
    lines(tmp_path / "s.jsonl", [{"id": "in", "text": "怎么申请退款"}, {"id": "out", "text": "今天天气好吗"}])
    assert run(tmp_path).exit_code == 0
    found = answers(tmp_path)
    assert found["in"][0] == "refund"
    assert found["out"][0] == "oos"
    assert found["in"][1] > 0.5 > found["out"][1]


def test_labels_may_be_numbers_and_one_label_is_enough(tmp_path: Path) -> None:
    lines(tmp_path / "t.jsonl", [{"id": "1", "text": "很好", "label": 1}, {"id": "2", "text": "不错", "label": 1}])
    lines(tmp_path / "s.jsonl", [{"id": "1", "text": "好"}])
    assert run(tmp_path).exit_code == 0
    assert answers(tmp_path) == {"1": ("1", 1.0)}


@pytest.mark.parametrize(
    ("name", "content", "zh", "en"),
    [
        ("t.jsonl", None, "无法读取", "cannot be read"),
        ("t.jsonl", '{"id":"1","text":"x"}\n', "第 1 行：缺少“label”", "line 1: “label” is missing"),
        ("t.jsonl", '{"id":"1","text":"x","label":true}\n', "“label”的类型不对", "“label” has the wrong type"),
        ("t.jsonl", '{"id":"1","text":"x","label":" "}\n', "“label”为空", "“label” is empty"),
        ("s.jsonl", '{"id":"1","text":"a"}\n{"id":"1","text":"b"}\n', "第 2 行", "line 2"),
        ("s.jsonl", '{"id":"1","text":\n', "第 1 行：不是 JSON", "line 1: not JSON"),
        ("s.jsonl", "", "没有任何一行", "no rows"),
    ],
)
def test_bad_input_is_named_with_its_line_and_nothing_is_written(
    tmp_path: Path, name: str, content: str | None, zh: str, en: str
) -> None:
    lines(tmp_path / "t.jsonl", taught())
    lines(tmp_path / "s.jsonl", [{"id": "a", "text": "退款"}])
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_text(content, "utf-8")
    for locale, words in (("zh-CN", zh), ("en", en)):
        result = run(tmp_path, locale)
        assert result.exit_code == 2
        assert words in result.output and name in result.output
        assert not (tmp_path / "r.jsonl").exists()
