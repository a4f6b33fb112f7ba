"""How messages sound, with the shipped weights."""

import hashlib

import pytest

from qiao.bot.understanding import emotion as room
from qiao.bot.understanding.emotion import Emotion, emotion
from qiao.knowledge.search.embedding import HashingEmbedder, UseEmbedder

EMBEDDER = UseEmbedder()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("等了半个月都没人理，你们太不像话了！！", Emotion.ANGRY),
        ("you people are useless, I'm furious about this order", Emotion.ANGRY),
        ("我很担心包裹丢了，急用，帮帮我吧", Emotion.ANXIOUS),
        ("I'm so worried, please help me quickly, my account was hacked", Emotion.ANXIOUS),
        ("太棒了，谢谢你们，孩子非常喜欢", Emotion.HAPPY),
        ("thank you so much, I love it", Emotion.HAPPY),
        ("运费怎么算", Emotion.NEUTRAL),
        ("投诉电话是多少", Emotion.NEUTRAL),
        ("订单号20240101", Emotion.NEUTRAL),
        ("How do I change my delivery address?", Emotion.NEUTRAL),
        ("", Emotion.NEUTRAL),
    ],
)
def test_feelings_are_told_from_ordinary_questions(text: str, expected: Emotion) -> None:
    feeling = emotion(text, EMBEDDER)
    assert feeling.emotion is expected, feeling
    assert 0.25 <= feeling.probability <= 1


def test_without_the_model_it_was_taught_with_it_says_nothing() -> None:
    assert emotion("气死我了！！", HashingEmbedder()).emotion is Emotion.NEUTRAL


def test_the_shipped_weights_are_those_of_the_sentences() -> None:
    taught = room.WEIGHTS.with_name("teaching.txt").read_bytes()
    assert room._model()["taught"].tobytes() == hashlib.sha256(taught).digest()
