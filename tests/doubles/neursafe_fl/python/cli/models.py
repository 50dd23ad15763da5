# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: nsfl-ctl create and get model. The models bucket is called models here."""

from __future__ import annotations

import argparse
import os

from neursafe_fl.python.cli.config import CliError, Config

RUNTIMES = {"tf": "tensorflow", "torch": "pytorch"}


def create(args: argparse.Namespace, config: Config) -> None:
    """From a file of the caller (uploaded, then reported) or from ns:path (copied by the model manager)."""
    if bool(args.file) == bool(args.remote):
        raise CliError("one of -m and -r is required")
    body = {"name": args.name, "runtime": RUNTIMES[args.runtime]}
    body.update({"model_path": args.remote} if args.remote else {"file_name": os.path.basename(args.file)})
    answer = config.api("POST", f"/namespaces/{args.namespace}/models", body)
    if args.file:
        bucket, key = answer["storage_path"].split("/", 1)
        config.store().upload(args.file, bucket, key)
        config.api("PUT", f"/models?model_id={answer['model_id']}", {"state": "ready"})
    print(f"create model success, id {answer['model_id']}.")


def get(args: argparse.Namespace, config: Config) -> None:
    for model in config.api("GET", f"/namespaces/{args.namespace}/models")["models"]:
        print(f"{model['id']:34}{model['name']:20}{model['version']:8}{model['state']}")
