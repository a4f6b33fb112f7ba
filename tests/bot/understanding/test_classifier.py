"""The classifier: remembers through bytes, learns more, knows what it left out. Without the shipped model, for speed."""

import numpy as np
import pytest

from qiao.bot.understanding.classifier import Classifier
from qiao.bot.understanding.features import Encoder
from qiao.bot.understanding.kernel import Ridge

TOPICS = {
    "invoice": ["怎么开发票", "发票抬头写错了", "电子发票在哪", "补开发票", "开票要多久", "专票怎么开", "发票丢了"],
    "login": ["登录不上", "忘记密码", "密码怎么改", "账号被锁", "收不到登录验证码", "登录报错", "cannot log in"],
    "price": ["多少钱", "有优惠吗", "能便宜点吗", "价格是多少", "打折吗", "what is the price", "价格太贵"],
}
TEXTS = [text for texts in TOPICS.values() for text in texts]
LABELS = [label for label, texts in TOPICS.items() for _ in texts]


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Encoder:
    monkeypatch.setattr(Encoder, "_load", lambda self: False)
    monkeypatch.setattr(Encoder, "second", lambda self, texts: None)
    return Encoder()


def test_what_was_saved_answers_as_before(encoder: Encoder) -> None:
    texts, labels = [*TEXTS, "讲个笑话", "今天天气", "唱歌"], [*LABELS, "oos", "oos", "oos"]
    fitted = Classifier(encoder).fit(texts, labels)
    asked = ["发票怎么补开", "账号密码忘记了", "PRICE?", "", "天气"]
    before = fitted.predict_proba(asked)
    assert np.allclose(before.sum(axis=1), 1, atol=1e-3)
    restored = Classifier.restored(fitted.save(), encoder)
    assert np.allclose(restored.predict_proba(asked), before, atol=5e-3)
    assert [p.label for p in restored.predict(asked)] == [p.label for p in fitted.predict(asked)]
    assert fitted.predict([]) == []


def test_more_rows_are_learned_without_choosing_anew(encoder: Encoder) -> None:
    fitted = Classifier(encoder).fit(TEXTS, LABELS)
    assert fitted.choice is not None
    mixture = dict(fitted.choice.mixture)
    fitted.fit([*TEXTS, "积分怎么用", "积分过期了吗", "积分兑换"], [*LABELS, *["points"] * 3], keep_choice=True)
    assert fitted.choice.mixture == mixture
    assert fitted.predict(["积分兑换什么"])[0].label == "points"
    with pytest.raises(ValueError, match="not fitted"):
        Classifier(encoder).predict(["x"])
    with pytest.raises(ValueError, match="labels"):
        Classifier(encoder).fit(["x"], [])


def test_a_labels_name_is_one_more_example_of_it(encoder: Encoder) -> None:
    texts = ["它不亮了", "屏幕有条纹", "昨天到今天没到", "怎么还在路上"]
    called = Classifier(encoder).fit(texts, ["售后维修", "售后维修", "物流_进度", "物流_进度"])
    assert [p.label for p in called.predict(["我要维修", "查物流"])] == ["售后维修", "物流_进度"]
    numbered = Classifier(encoder).fit(texts, ["L1", "L1", "L2", "L2"]).predict_proba(["我要维修", "查物流"])
    # Without a name nothing tells these two texts apart.
    assert np.allclose(numbered[0], numbered[1], atol=0.02)


@pytest.mark.parametrize("labels", [("c-12", "d-13"), ("0198f2a4-5b7c-7d3e-9a10-2b4c6d8e0f12", "beef" * 8)])
def test_numbers_and_identifiers_are_no_names(encoder: Encoder, labels: tuple[str, str]) -> None:
    asked = ["这个好用", *labels]
    plain = Classifier(encoder).fit(["好用", "难用"], ["1", "2"]).predict_proba(asked)
    assert np.allclose(Classifier(encoder).fit(["好用", "难用"], labels).predict_proba(asked), plain)


def test_leaving_out_is_what_learning_without_it_gives() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(40, 6)).astype(np.float32)
    targets = np.eye(2, dtype=np.float32)[(rows[:, 0] > 0).astype(int)]
    fitted = Ridge({"meaning": 1.0}, 0.3).fit({"meaning": rows}, targets)
    without = [at for at in range(40) if at != 7]
    other = Ridge({"meaning": 1.0}, 0.3)
    other.fit({"meaning": rows[without]}, targets[without])
    # Centre and width of the kernel move a little with the row: close, not equal.
    assert np.allclose(fitted.left_out()[7], other({"meaning": rows[[7]]})[0], atol=0.05)
    assert np.allclose(fitted.group_left_out(np.array([7]))[0], fitted.left_out()[7], atol=0.02)
    fitted.forget()
    with pytest.raises(AssertionError):
        fitted.left_out()
