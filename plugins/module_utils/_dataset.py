# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MNIST-shaped data that a model can learn, made of nothing but the standard library.

Ten classes of 28 by 28 pixels. A class is a pattern of soft strokes that is the same for everybody; a sample is the pattern, moved by a
pixel, dimmed and covered with noise, which differ from client to client. So clients have different data of one and the same task.
"""

from __future__ import annotations

import hashlib
import io
import zipfile

SIDE = 28
CLASSES = 10
_PIXELS = SIDE * SIDE
_STROKES = 4
_NOISE = 0x60  # of 255


def _chance(seed: str, length: int) -> bytes:
    """Bytes that look random and are the same for ever, whatever version of Python makes them."""
    return hashlib.shake_128(f"neursafe.fl {seed}".encode()).digest(length)


def _pattern(label: int) -> list[int]:
    """The shape of one class: a few thick strokes between points of its own."""
    chance = _chance(f"class {label}", 2 * _STROKES + 2)
    lit = [0] * _PIXELS
    points = [(5 + chance[2 * number] % (SIDE - 10), 5 + chance[2 * number + 1] % (SIDE - 10)) for number in range(_STROKES + 1)]
    for number in range(_STROKES):
        (y0, x0), (y1, x1) = points[number : number + 2]
        for step in range(SIDE + 1):
            y, x = y0 + (y1 - y0) * step // SIDE, x0 + (x1 - x0) * step // SIDE
            for near in (0, 1, SIDE, SIDE + 1):
                lit[y * SIDE + x + near] = 150
    return lit


def samples(count: int, seed: str) -> tuple[bytes, bytes]:
    """`count` images (uint8, one after the other) and their labels, the classes in equal shares."""
    patterns = [_pattern(label) for label in range(CLASSES)]
    order = _chance(f"order {seed}", 4 * count)
    labels = [number % CLASSES for number in sorted(range(count), key=lambda number: order[4 * number : 4 * number + 4])]
    images = bytearray()
    for number, label in enumerate(labels):
        chance = _chance(f"sample {number} of {seed}", _PIXELS + 3)
        shift = chance[0] % 3 - 1 + SIDE * (chance[1] % 3 - 1)
        dim = 180 + chance[2] % 76  # of 255
        # With a shift, pixels leave on one side and come back on the other: the border is dark, so nobody sees it.
        lit = patterns[label][-shift:] + patterns[label][:-shift]
        images += bytes((on * dim >> 8) + (chance[3 + pixel] * _NOISE >> 8) for pixel, on in enumerate(lit))
    return bytes(images), bytes(labels)


def _npy(data: bytes, shape: tuple[int, ...]) -> bytes:
    """One array of unsigned bytes in numpy's file format, version 1.0."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape!r}, }}"
    padding = " " * (-(len(header) + 11) % 64)
    text = (header + padding + "\n").encode("latin-1")
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def npz(train: int, test: int, seed: str) -> bytes:
    """The file that tf.keras.datasets.mnist.load_data(path) reads; the same bytes for the same arguments."""
    x_train, y_train = samples(train, f"{seed} train")
    x_test, y_test = samples(test, f"{seed} test")
    arrays = {
        "x_train": _npy(x_train, (train, SIDE, SIDE)),
        "y_train": _npy(y_train, (train,)),
        "x_test": _npy(x_test, (test, SIDE, SIDE)),
        "y_test": _npy(y_test, (test,)),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in arrays.items():
            # A fixed date, or the file would differ each time.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (2020, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()
