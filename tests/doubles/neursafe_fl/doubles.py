# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the numpy model that stands in for Keras and PyTorch, and data that it can learn."""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Iterable

import numpy as np


def save_arrays(path: str, weights: Iterable[np.ndarray]) -> None:
    """Write weights as npz under the given name; numpy would append .npz to a bare path."""
    with open(path, "wb") as stream:
        np.savez(stream, *weights)


def load_arrays(path: str) -> list[np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return [archive[f"arr_{index}"] for index in range(len(archive.files))]


def pack(weights: Iterable[np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, *weights)
    return buffer.getvalue()


def unpack(content: bytes) -> list[np.ndarray]:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return [archive[f"arr_{index}"] for index in range(len(archive.files))]


class SoftmaxModel:
    """Multinomial logistic regression, trained by mini-batch gradient descent."""

    def __init__(self, inputs: int = 784, classes: int = 10) -> None:
        self.weights = np.zeros((inputs, classes), np.float32)
        self.bias = np.zeros(classes, np.float32)

    def get_weights(self) -> list[np.ndarray]:
        return [self.weights, self.bias]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        new_weights, new_bias = weights
        if new_weights.shape != self.weights.shape or new_bias.shape != self.bias.shape:
            raise ValueError(f"shapes differ: {new_weights.shape}, {new_bias.shape}")
        self.weights, self.bias = new_weights.astype(np.float32), new_bias.astype(np.float32)

    def save(self, path: str) -> None:
        save_arrays(path, self.get_weights())

    @classmethod
    def load(cls, path: str) -> SoftmaxModel:
        weights = load_arrays(path)
        model = cls(*weights[0].shape)
        model.set_weights(weights)
        return model

    def predict(self, x: np.ndarray) -> np.ndarray:
        logits = x.reshape(len(x), -1).astype(np.float32) @ self.weights + self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Cross-entropy and accuracy."""
        chances = self.predict(x)
        loss = -np.log(chances[np.arange(len(y)), y] + 1e-9).mean()
        return float(loss), float((chances.argmax(axis=1) == y).mean())

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int = 1, batch_size: int = 32, learning_rate: float = 0.05, seed: int = 0) -> None:
        order = np.random.default_rng(seed)
        for _epoch in range(epochs):
            for batch in np.array_split(order.permutation(len(y)), max(1, len(y) // batch_size)):
                self._step(x[batch], y[batch], learning_rate)

    def _step(self, x: np.ndarray, y: np.ndarray, learning_rate: float) -> None:
        error = self.predict(x)
        error[np.arange(len(y)), y] -= 1.0
        self.weights -= learning_rate * x.reshape(len(x), -1).astype(np.float32).T @ error / len(y)
        self.bias -= learning_rate * error.mean(axis=0)


def make_data(path: str, samples: int = 400, seed: int = 1) -> None:
    """MNIST-shaped data: ten fixed patterns under noise. The seed changes the samples, never the patterns."""
    patterns = np.random.default_rng(20260101).random((10, 28, 28)) > 0.8
    random = np.random.default_rng(seed)

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        y = random.integers(0, 10, count)
        x = 0.15 * patterns[y] + 0.85 * random.random((count, 28, 28))
        return (255 * x).astype(np.uint8), y.astype(np.uint8)

    x_train, y_train = draw(samples)
    x_test, y_test = draw(max(50, samples // 4))
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    np.savez_compressed(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["model", "data"])
    parser.add_argument("path")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=400)
    args = parser.parse_args()
    if args.what == "model":
        os.makedirs(os.path.dirname(os.path.abspath(args.path)), exist_ok=True)
        SoftmaxModel(784, 10).save(args.path)
    else:
        make_data(args.path, args.samples, args.seed)


if __name__ == "__main__":
    main()
