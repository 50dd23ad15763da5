# SPDX-License-Identifier: Apache-2.0
"""push.py [--check] DOCKER-CONFIG REGISTRY-URL AUTHORITY IMAGE: push nsfl-lab/IMAGE to the lab's registry, unless it is there.

Prints "pushed …" when it was not there. The configuration folder is the lab's own, so that nobody's ~/.docker is touched and no
password is on a command line.

Docker's daemon takes whatever answers on the loopback address, with any certificate or none. So the registry is asked first from here,
with the certificate checked, and Docker is handed the account when that has proven who answers.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE = 30
KIND = "application/vnd.docker.distribution.manifest.v2+json"


class Lab:
    """The registry, and Docker with the account for it."""

    def __init__(self, config: str, url: str, authority: str) -> None:
        self._url, self.host = url, urlsplit(url).netloc
        self._environment = {**os.environ, "DOCKER_CONFIG": config}
        self._account = json.loads((Path(config) / "config.json").read_text())["auths"][self.host]["auth"]
        # No proxy is asked for an address of this machine.
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if url.startswith("https:"):
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority)))
        self._opener = urllib.request.build_opener(*handlers)

    def docker(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["docker", *words], capture_output=True, text=True, env=self._environment, check=False)

    def configuration_of(self, image: str) -> str:
        """The digest of the image's configuration in the registry, which is its ID in Docker; nothing when it is not there."""
        repository, _colon, tag = image.partition(":")
        headers = {"Accept": KIND, "Authorization": f"Basic {self._account}"}
        request = urllib.request.Request(f"{self._url}/v2/{repository}/manifests/{tag}", headers=headers)  # noqa: S310 - our own URL
        try:
            with self._opener.open(request, timeout=10) as answer:
                return str(json.load(answer)["config"]["digest"])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return ""
            raise


def is_there(lab: Lab, image: str, patience: float) -> bool:
    """Whether the registry has this very image. It begins to answer some seconds after its host."""
    local = lab.docker("image", "inspect", "--format", "{{.Id}}", f"nsfl-lab/{image}").stdout.strip()
    end = time.monotonic() + patience
    while True:
        try:
            return lab.configuration_of(image) == local
        except OSError as error:
            # Another certificate does not come by waiting.
            if time.monotonic() >= end or isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError):
                raise
            time.sleep(1)


def main() -> None:
    """Look, then push."""
    checks = sys.argv[1] == "--check"
    config, url, authority, image = sys.argv[1 + checks :]
    target = f"{urlsplit(url).netloc}/{image}"
    try:
        lab = Lab(config, url, authority)
        if is_there(lab, image, 0 if checks else PATIENCE):
            return
    except OSError as error:
        # In check mode there may be no lab yet.
        if not checks:
            sys.exit(f"{url} cannot be asked: {getattr(error, 'reason', error)}")
    for words in [] if checks else [["tag", f"nsfl-lab/{image}", target], ["push", target]]:
        done = lab.docker(*words)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
    sys.stdout.write(f"pushed {target}\n")


main()
