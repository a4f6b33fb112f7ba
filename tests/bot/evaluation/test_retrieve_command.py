"""`qiao evaluate retrieve`: files in, file out, in the language of the terminal, and nothing written when input is bad."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qiao.cli import app
from qiao.knowledge.search import engine as engine_module
from qiao.knowledge.search.embedding import HashingEmbedder

CORPUS = [
    {"doc_id": "ship", "text": "运费怎么算", "variants": ["邮费多少钱"], "extra": 1},
    {"doc_id": "return", "text": "How do I return an item?"},
    {"doc_id": "care", "text": "主刷每周清理一次。" * 40, "title": "扫地机器人保养指南"},
    *({"doc_id": f"d{n}", "text": f"第{n}号商品有货吗"} for n in range(12)),
]
QUERIES = [{"qid": "1", "text": "邮费多少钱？", "gold": ["ship"]}, {"qid": "2", "text": "？！"}]


@pytest.fixture(autouse=True)
def _small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "best_embedder", HashingEmbedder)


def lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def run(folder: Path, locale: str = "en", **options: object) -> Result:
    files = {"corpus": folder / "c.jsonl", "queries": folder / "q.jsonl", "out": folder / "r.jsonl"} | options
    arguments = [part for name, value in files.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    return CliRunner().invoke(app, ["evaluate", "retrieve", *arguments], env={"QIAO_LOCALE": locale})


def test_every_question_gets_ten_documents_a_probability_and_a_decision(tmp_path: Path) -> None:
    lines(tmp_path / "c.jsonl", CORPUS)
    lines(tmp_path / "q.jsonl", QUERIES)
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    first, nothing = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text("utf-8").splitlines()]
    assert first["qid"] == "1"
    assert first["ranked"][0] == "ship"
    assert len(first["ranked"]) == len(set(first["ranked"])) == 10
    assert 0.5 < first["score"] <= 1
    assert first["decision"] == "answer"
    assert len(nothing["ranked"]) == 10
    assert (nothing["score"], nothing["decision"]) == (0.0, "none")
    assert run(tmp_path, max_error=0.9).exit_code == 2
    strict = run(tmp_path, max_error=0.001)
    assert strict.exit_code == 0
    assert json.loads((tmp_path / "r.jsonl").read_text("utf-8").splitlines()[0])["decision"] != "answer"


@pytest.mark.parametrize(
    ("name", "content", "zh", "en"),
    [
        ("c.jsonl", None, "无法读取", "cannot be read"),
        ("c.jsonl", b"", "没有任何一行", "no rows"),
        ("c.jsonl", b'{"doc_id": "1", "text": "a"}\n\n{"doc_id": ', "第 3 行：不是 JSON", "line 3: not JSON"),
        ("c.jsonl", b'{"doc_id": "1", "text": "a"}\n["1"]\n', "第 2 行：不是 JSON 对象", "line 2: not a JSON object"),
        ("c.jsonl", '{"doc_id": "1", "text": "运费"}\n'.encode("gb18030"), "第 1 行：不是 UTF-8", "line 1: not UTF-8"),
        ("c.jsonl", b'{"doc_id": "1"}\n', "缺少“text”", "“text” is missing"),
        ("c.jsonl", b'{"doc_id": 1, "text": "a"}\n', "“doc_id”的类型不对", "“doc_id” has the wrong type"),
        ("c.jsonl", b'{"doc_id": "1", "text": "a", "variants": "b"}\n', "“variants”的类型", "“variants” has the wrong"),
        ("c.jsonl", b'{"doc_id": "1", "text": " "}\n', "第 1 行：“text”为空", "line 1: “text” is empty"),
        ("c.jsonl", b'{"doc_id": "1", "text": "a"}\n' * 2, "与第 1 行重复", "already in line 1"),
        ("q.jsonl", b'{"qid": "1"}\n', "缺少“text”", "“text” is missing"),
        ("q.jsonl", b'{"qid": "1", "text": "a"}\n' * 2, "与第 1 行重复", "already in line 1"),
    ],
)
def test_bad_input_is_named_with_file_and_line(
    tmp_path: Path, name: str, content: bytes | None, zh: str, en: str
) -> None:
    lines(tmp_path / "c.jsonl", CORPUS)
    lines(tmp_path / "q.jsonl", QUERIES)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    for locale, words in (("zh-CN", zh), ("en", en)):
        result = run(tmp_path, locale)
        assert result.exit_code == 2
        assert words in result.stderr
        assert name in result.stderr
        assert [path.name for path in tmp_path.iterdir() if "r.jsonl" in path.name] == []


def test_a_place_that_cannot_be_written_is_said_before_any_work(tmp_path: Path) -> None:
    lines(tmp_path / "c.jsonl", CORPUS)
    lines(tmp_path / "q.jsonl", QUERIES)
    result = run(tmp_path, out=tmp_path / "nowhere" / "r.jsonl")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
