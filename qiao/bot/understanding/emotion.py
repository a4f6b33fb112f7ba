"""How a message sounds: angry, anxious, neutral or happy, with a probability.

Taught on sentences written for it (`teaching.txt`), neutral ones being ordinary questions; the weights ship. What it
does not recognise is neutral, so an ordinary question is never called angry for its subject (投诉流程).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from qiao.bot.understanding.guard import Concern, concern_of
from qiao.core.text import normalize
from qiao.knowledge.search.ports import Embedder

WEIGHTS: Final = Path(__file__).with_name("emotion.npz")
_SHOUTED = re.compile(r"[!！]{2,}|[?？]{3,}|[😡🤬💢😠👎]")
_GLAD = re.compile(r"[😊😄😁🥰👍❤😘🎉]")


class Emotion(StrEnum):
    ANGRY = "angry"
    ANXIOUS = "anxious"
    NEUTRAL = "neutral"
    HAPPY = "happy"


LABELS: Final = tuple(Emotion)
TAUGHT_WITH: Final = "use-multilingual-3"


@dataclass(frozen=True, slots=True)
class Feeling:
    emotion: Emotion
    probability: float


@cache
def _model() -> dict[str, Any]:
    with np.load(BytesIO(WEIGHTS.read_bytes()), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def marks(text: str) -> list[float]:
    """What the wording shows that the meaning does not: shouting, cursing, smiling."""
    return [
        float(bool(_SHOUTED.search(text))),
        float(concern_of(text) is Concern.ABUSE),
        float(bool(_GLAD.search(text))),
    ]


def emotion(text: str, embedder: Embedder) -> Feeling:
    """The emotion of a message. Neutral with certainty where nothing can be told: no words, another model."""
    normal = normalize(text[:500])
    if sum(c.isalpha() for c in normal) < 2 or embedder.name != TAUGHT_WITH:
        return Feeling(Emotion.NEUTRAL, 1.0)
    model = _model()
    row = np.concatenate([embedder.questions([normal])[0], np.asarray(marks(text), np.float32), [1.0]])
    scores = (row @ model["weights"]) * float(model["sharpness"])
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    best = int(chances.argmax())
    return Feeling(LABELS[best], float(chances[best]))
