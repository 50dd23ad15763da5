# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the SDK calls of a job script. All data goes through files of the task folder that the client names."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any, Protocol


class Model(Protocol):
    """SoftmaxModel, or a Keras model."""

    def get_weights(self) -> list[Any]: ...

    def set_weights(self, weights: list[Any]) -> None: ...


def _path(*names: str) -> str:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--nsfl_task_dir", required=True)
    return os.path.join(parser.parse_known_args()[0].nsfl_task_dir, *names)


def _read(name: str) -> dict[str, Any]:
    if not os.path.exists(_path(name)):
        return {}
    with open(_path(name), encoding="utf-8") as stream:
        return json.load(stream)


def _write(name: str, content: dict[str, Any]) -> None:
    with open(_path(name), "w", encoding="utf-8") as stream:
        json.dump(content, stream)


def load_weights(model: Model) -> None:
    from neursafe_fl.doubles import load_arrays

    model.set_weights(load_arrays(_path("weights.npz")))


def commit_weights(model: Model, optimizer: Any = None) -> None:
    from neursafe_fl.doubles import save_arrays

    save_arrays(_path("committed_weights.npz"), model.get_weights())


def commit_metrics(metrics: dict[str, Any]) -> None:
    _write("metrics.json", {key: float(value) for key, value in metrics.items()})


def get_dataset_path(name: str) -> str:
    """The path that the client's datasets.json gives; KeyError for an unknown name."""
    with open(_read("task.json")["datasets"], encoding="utf-8") as stream:
        return json.load(stream)[name]


def get_parameters() -> dict[str, Any]:
    return _read("task.json")["parameters"]


def get_parameter(key: str) -> Any:
    return get_parameters().get(key)


def put_parameters(parameters: dict[str, Any]) -> None:
    _write("put_parameters.json", {**_read("put_parameters.json"), **parameters})


def put_parameter(key: str, value: Any) -> None:
    put_parameters({key: value})


def get_file(name: str) -> bytes:
    with open(_path("files", name), "rb") as stream:
        return stream.read()


def put_file(name: str, content: bytes) -> None:
    os.makedirs(_path("put_files"), exist_ok=True)
    with open(_path("put_files", name), "wb") as stream:
        stream.write(content)


def create_optimizer(**kwargs: Any) -> Any:
    raise NotImplementedError("the doubles have no fedprox and no scaffold")
