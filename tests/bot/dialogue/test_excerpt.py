"""What is said of an article reads like a message: lists are lists, a row of a table says what its columns are."""

from qiao.bot.dialogue.excerpt import excerpt
from qiao.knowledge.search.text import passages

BODY = """现货**48 小时**内发出。周末照常。

- 预售：以商品页为准。
1. 打开订单

## 运费

| 地区 | 包邮门槛 | 不足门槛 |
| --- | :---: | --- |
| 大部分地区 | 99 元 | 8 元 |
| 香港、澳门 | 不包邮 | 首公斤 45 元 |

门槛按实付计算。

## 之后
"""


def test_lines_lists_and_tables_are_said_in_words() -> None:
    [passage] = passages(BODY)
    assert excerpt(BODY, passage, "zh-CN").split("\n") == [
        "现货 48 小时内发出。周末照常。",
        "· 预售：以商品页为准。",
        "1. 打开订单",
        "",
        "运费",
        "· 大部分地区：包邮门槛 99 元，不足门槛 8 元",
        "· 香港、澳门：包邮门槛 不包邮，不足门槛 首公斤 45 元",
        "",
        "门槛按实付计算。",
    ]


def test_a_passage_says_only_its_own_part_and_rows_keep_their_columns() -> None:
    rows = "\n".join(f"| Place {n} | {n} days | {n} yuan for the first kilogram |" for n in range(40))
    body = f"Before it.\n\n| Where | How long | How much |\n|---|---|---|\n{rows}\n"
    for passage in passages(body)[1:]:
        said = excerpt(body, passage, "en").split("\n")
        assert all("How long" in line and "How much" in line and "---" not in line for line in said)
        assert len(said) < 20
    assert excerpt(body, "Not a part --- --- of it", "en").split() == ["Not", "a", "part", "of", "it"]
