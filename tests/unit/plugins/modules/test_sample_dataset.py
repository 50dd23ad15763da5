# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _dataset
from ansible_collections.neursafe.fl.plugins.modules import sample_dataset
from module_call import answer_of


def run(capsys: pytest.CaptureFixture[str], check: bool = False, **args: Any) -> dict[str, Any]:
    return answer_of(sample_dataset, capsys, {"train": 20, "test": 10, **args, "_ansible_check_mode": check})


def read(content: bytes) -> dict[str, tuple[tuple[int, ...], bytes]]:
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            length = int.from_bytes(data[8:10], "little")
            assert data[:6] == b"\x93NUMPY" and (10 + length) % 64 == 0
            header = ast.literal_eval(data[10 : 10 + length].decode())
            assert header["descr"] == "|u1" and not header["fortran_order"]
            arrays[name.removesuffix(".npy")] = (header["shape"], data[10 + length :])
    return arrays


def test_file_has_the_four_arrays_in_numpys_format() -> None:
    arrays = read(_dataset.npz(20, 10, "a"))
    assert {name: shape for name, (shape, _data) in arrays.items()} == {
        "x_train": (20, 28, 28),
        "y_train": (20,),
        "x_test": (10, 28, 28),
        "y_test": (10,),
    }
    assert all(len(data) == (784 if name[0] == "x" else 1) * shape[0] for name, (shape, data) in arrays.items())
    assert set(arrays["y_train"][1]) == set(range(10))


def test_same_seed_same_bytes_other_seed_other_data() -> None:
    assert _dataset.npz(20, 10, "a") == _dataset.npz(20, 10, "a")
    assert _dataset.npz(20, 10, "a") != _dataset.npz(20, 10, "b")


def test_classes_can_be_told_apart_across_clients() -> None:
    """The nearest class mean of one client's data recognises another client's: they share a task."""
    images, labels = _dataset.samples(100, "a")
    means = [[0.0] * 784 for digit in range(10)]
    for number, label in enumerate(labels):
        for pixel, value in enumerate(images[number * 784 : (number + 1) * 784]):
            means[label][pixel] += value / 10
    others, truth = _dataset.samples(50, "b")
    right = 0
    for number, label in enumerate(truth):
        image = others[number * 784 : (number + 1) * 784]
        distance = [sum((image[pixel] - centre[pixel]) ** 2 for pixel in range(784)) for centre in means]
        right += distance.index(min(distance)) == label
    assert right >= 45


def test_written_once(capsys: Any, tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    assert run(capsys, check=True, path=str(path))["changed"] and not path.exists()
    assert run(capsys, path=str(path))["changed"] and path.stat().st_mode & 0o777 == 0o644
    assert not run(capsys, path=str(path))["changed"]
    assert run(capsys, path=str(path), seed="other")["changed"] and path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o600)
    assert run(capsys, path=str(path), seed="other")["changed"]
    assert run(capsys, path=str(path), state="absent")["changed"] and not path.exists()
    assert not run(capsys, path=str(path), state="absent")["changed"]
    assert not list(tmp_path.iterdir())


def test_check_mode_needs_no_folder_but_the_real_run_does(capsys: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "none" / "d.npz")
    assert run(capsys, check=True, path=path)["changed"]
    assert "does not exist" in run(capsys, path=path)["msg"]
    assert "is a folder" in run(capsys, path=str(tmp_path))["msg"]
    assert "no octal number" in run(capsys, path=path, mode="rw")["msg"]


def test_a_mode_that_the_mount_imposes_is_no_change_to_predict(capsys: Any, tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    run(capsys, path=str(path), mode="")
    path.chmod(0o755)
    assert run(capsys, check=True, path=str(path))["changed"] is True
    assert run(capsys, check=True, path=str(path), mode="")["changed"] is False
    assert run(capsys, path=str(path), mode="")["changed"] is False
