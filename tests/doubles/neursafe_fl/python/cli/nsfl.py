# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE of nsfl-ctl: uploads a job's folder and talks to the API server."""

from __future__ import annotations

import argparse
import getpass
import logging
import sys
from typing import Any

from neursafe_fl.python.cli import jobs, models
from neursafe_fl.python.cli.config import CliError, Config
from neursafe_fl.python.libs.http import HttpError

LOG_FILE = "/var/log/nsfl.log"  # fixed, appended to at every run


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("nsfl-ctl", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)

    def command(verb: str, what: str) -> argparse.ArgumentParser:
        if verb not in groups:
            groups[verb] = verbs.add_parser(verb).add_subparsers(dest="what", required=True)
        return groups[verb].add_parser(what)

    groups: dict[str, Any] = {}
    config = command("set", "config")
    config.add_argument("-s", dest="api_server")
    config.add_argument("-d", dest="data_server")
    config.add_argument("-u", dest="user")
    config.add_argument("-p", dest="password", action="store_true")
    config.add_argument("-c", dest="certificate")
    command("get", "health")
    command("get", "namespace")
    create = command("create", "job")
    for flag, name in (("-w", "workspace"), ("-f", "config"), ("-m", "model"), ("-s", "scripts"), ("-e", "extender")):
        create.add_argument(flag, dest=name)
    create.add_argument("namespace")
    get = command("get", "job")
    get.add_argument("-w", dest="workspace")
    get.add_argument("-f", dest="config")
    get.add_argument("-o", dest="output", choices=["yaml", "json"])
    get.add_argument("words", nargs="+", metavar="[ID] NAMESPACE")
    for verb in ("start", "stop", "delete"):
        one = command(verb, "job")
        one.add_argument("id")
        one.add_argument("namespace")
    model = command("create", "model")
    model.add_argument("-t", dest="runtime", choices=["tf", "torch"], required=True)
    model.add_argument("-r", dest="remote", metavar="NAMESPACE:PATH")
    model.add_argument("-m", dest="file")
    model.add_argument("name")
    model.add_argument("namespace")
    command("get", "model").add_argument("namespace")
    return parser.parse_args()


def set_config(args: argparse.Namespace, config: Config) -> None:
    for key in ("api_server", "data_server", "user", "certificate"):
        if getattr(args, key):
            config.values[key] = getattr(args, key)
    if args.password:
        ask = getpass.getpass if sys.stdin.isatty() else lambda prompt: input()
        first, second = ask("Password: "), ask("Repeat: ")
        if first != second:
            raise CliError("the two entries do not match")
        config.password = first
    config.save()
    print("set config success.")


def health(args: argparse.Namespace, config: Config) -> None:
    config.api("GET", "/health")
    config.store().namespaces()
    print("healthy.")


def namespaces(args: argparse.Namespace, config: Config) -> None:
    print("\n".join(config.store().namespaces()))


COMMANDS = {
    ("set", "config"): set_config,
    ("get", "health"): health,
    ("get", "namespace"): namespaces,
    ("create", "job"): jobs.create,
    ("get", "job"): jobs.get,
    ("start", "job"): jobs.start,
    ("stop", "job"): jobs.stop,
    ("delete", "job"): jobs.delete,
    ("create", "model"): models.create,
    ("get", "model"): models.get,
}


def main() -> int:
    logging.basicConfig(filename=LOG_FILE, level=logging.INFO, format="%(asctime)s TEST DOUBLE %(message)s")
    args = parse()
    logging.info("nsfl-ctl %s %s", args.verb, args.what)
    try:
        COMMANDS[args.verb, args.what](args, Config())
        return 0
    except Exception as error:
        logging.exception("failed")
        text = str(error) if isinstance(error, (CliError, HttpError)) else f"{type(error).__name__}: {error}"
        print(f"{args.verb} {args.what} failed: {text}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
