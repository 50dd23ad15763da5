# SPDX-License-Identifier: Apache-2.0
"""What the stand-in for mongod makes of `net.tls` in its settings: as strict as the real one, of which newer ones want a CAFile."""

from __future__ import annotations

import re
import ssl
import subprocess


def settings(text: str) -> dict[str, str]:
    """The lines below `net.tls` of a settings file."""
    block = re.search(r"^net:\n(?:  .*\n)*?  tls:\n((?:    .*\n)+)", text, re.MULTILINE)
    return dict(line.split(": ", 1) for line in block[1].replace("    ", "").splitlines()) if block else {}


def context(tls: dict[str, str]) -> ssl.SSLContext | None:
    """None where connections are plain; an error where it would not start. What it does not know is an error, too."""
    known = {"mode", "certificateKeyFile", "CAFile", "allowConnectionsWithoutCertificates"}
    if set(tls) - known or tls.get("mode", "disabled") not in ("disabled", "requireTLS"):
        raise ValueError(f"Unrecognized option: {tls}")
    if tls.get("mode") != "requireTLS":
        return None
    if "certificateKeyFile" not in tls or "CAFile" not in tls:
        raise ValueError("The use of TLS without specifying a chain of trust is no longer supported")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tls["certificateKeyFile"])
    made.load_verify_locations(tls["CAFile"])
    made.verify_mode = ssl.CERT_OPTIONAL if tls.get("allowConnectionsWithoutCertificates") == "true" else ssl.CERT_REQUIRED
    if subprocess.run(["openssl", "x509", "-noout", "-checkend", "0", "-in", tls["certificateKeyFile"]], check=False).returncode:
        raise ValueError("The provided SSL certificate is expired or not yet valid.")
    return made
