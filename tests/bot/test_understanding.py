"""What the rules take a message for; each table row is a promise."""
# ruff: noqa: E501  tables

import pytest

from qiao.bot.understanding.rules import Intent, intent_of

HANDOFF = """
人工 | 转人工 | 人工客服 | 人工服务 | 我要人工 | 转人工服务 | 转接人工客服 | 请转人工 | 帮我转人工 | 给我转人工！ | 找客服 | 我要找人工
转 人工 | 人工！！！ | 有没有人啊 | 人呢？ | 有没有人管 | 怎么没人理我 | 轉人工 | 接人工 | 我要找客服 | 联系客服 | 我想联系人工客服 | 有没有真人 | 找个真人来 | 叫你们经理来 | 我要找你们领导 | 能不能转人工啊
我想和真人说话 | 不想跟机器人聊 | 别用机器人糊弄我 | 可以帮我转接一下人工吗 | 客服在吗 | 来个人工 | 需要人工介入 | 运费太贵了，给我转人工
有没有人工客服 | 你好，人工 | 我要投诉你们 | 换个人工客服 | 不要机器人，要人工 | 怎么转人工 | 客服呢 | 跟人聊可以吗 | 人工处理
human | agent | talk to a human | I want to talk to a real person | speak to an agent please | can I speak with someone? | representative!
connect me to customer service | transfer me to an agent | I need a human | get me a manager | live agent | could i have a real person
is there a real person there? | I don't want to talk to a bot | let me speak to your supervisor | customer support please | I'd like to talk to somebody
Talk to a human | stop this bot, I want an agent | please put me through to an operator | contact customer support
"""
NO_HANDOFF = """
不用转人工了 | 不需要人工 | 不要转人工 | 先不转人工 | 别转人工 | 暂时不用人工客服 | 不用找客服了 | 取消转人工 | 不想找人工
I don't need an agent | no need to talk to a human | I do not want to speak to a person | don't transfer me to an agent | cancel the agent
"""
QUESTION = """
人工费怎么收 | 人工智能是什么 | 人工客服几点上班 | 客服电话是多少 | 你好，运费怎么算 | 谢谢，那退货呢 | 转账多久到 | 怎么联系快递员 | 客服说三天到账怎么还没到
怎么转账给别人 | 再见了怎么注销账号 | 好的那怎么退款 | 人工审核要多久 | 这个手机好用吗 | 我不要了能退吗 | 可以开发票吗 | 需要多久 | 对方没收到货 | 早上能送吗
我要转给一个人民币账户 | 有现货吗 | 有没有人用过 | 没人签收怎么办 | 收货人呢写谁 | 对账单在哪看 | 不能登录 | 订单 SF123 到哪了 | 在吗？我的快递到哪了
how do I return a human hair wig | what are your support hours | when can I reach customer service | my agent told me it is free | thanks, but what about shipping
hi, where is my order | can I transfer money to another person | someone hacked my account | how do I become an agent | I want people on my team to see the report
不知道怎么弄 | 知道吗 | 不明白 | 看不懂 | 等多久 | 我想 | 收到货不对 | 可以了吗 | 好了没 | 明白了，那运费呢 | 怎么还没解决 | it doesn't work | great but how | I see a charge I did not make
yes but how much does it cost | what is the phone number of customer service
"""
OTHERS = {
    Intent.GREETING: "你好 | 您好！ | 在吗？ | 哈喽 | hi | Hello there! | good morning | 你好，在吗 | 早上好 | Ｈｉ",
    Intent.THANKS: "谢谢 | 好的谢谢 | 多谢啦！ | 感谢您的帮助 | thanks | Thank you so much! | ok thanks | thx | 辛苦了 | 謝謝",
    Intent.GOODBYE: "再见 | 拜拜 | 没事了 | bye | see you later | 谢谢，再见 | thanks bye | that's all | 没有问题了",
    Intent.YES: "是的 | 对 | 好的 | 嗯嗯 | ok | yes | sure | yep | 可以 | 好的，可以",
    Intent.HEARD: "明白了 | 知道了 | 我知道了 | 好的我知道了 | 收到 | 懂了 | 了解 | 赞 | 太好了 | 哈哈好的 | 哦哦好的知道了 | 解决了 | 原来如此 | 我先试试 | 那我再等等 | 我看一下吧 | got it | I see, great | ok makes sense | that works | I'll try it",
    Intent.NO: "不是 | 不用了 | 没有 | 都不是 | no | nope | none of these | 算了 | not really | 不，不是这个",
    Intent.CHITCHAT: "你是谁 | 你是机器人吗 | 哈哈哈 | 讲个笑话 | who are you | are you a bot? | how are you today | lol",
    Intent.EMPTY: "？？？ | ... | ！",
}


def rows(table: str) -> list[str]:
    return [cell.strip() for line in table.strip().splitlines() for cell in line.split(" | ")]


@pytest.mark.parametrize("message", rows(HANDOFF))
def test_wants_a_person(message: str) -> None:
    assert intent_of(message) is Intent.HANDOFF


@pytest.mark.parametrize("message", rows(NO_HANDOFF))
def test_wants_no_person(message: str) -> None:
    assert intent_of(message) is Intent.NO_HANDOFF


@pytest.mark.parametrize("message", rows(QUESTION))
def test_is_a_question(message: str) -> None:
    assert intent_of(message) is Intent.QUESTION


@pytest.mark.parametrize(("intent", "message"), [(i, cell) for i, table in OTHERS.items() for cell in rows(table)])
def test_small_talk(intent: Intent, message: str) -> None:
    assert intent_of(message) is intent


@pytest.mark.parametrize("message", ["", " ", "\u200b", "🙂"])
def test_nothing_said(message: str) -> None:
    assert intent_of(message) is Intent.EMPTY


def test_long_and_odd_text_takes_no_time() -> None:
    for text in ("好" * 5000, "谢谢" * 2000, "hi " * 3000, "不用转" * 2000, "a" * 10_000, "转到" * 3000):
        intent_of(text)
