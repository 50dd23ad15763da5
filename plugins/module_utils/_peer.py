# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server shows that is not trusted: for whom its certificate is, until when, and who signed it. For messages alone."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit


def told(certificate: bytes) -> str:
    """A certificate (DER) in words. The library is slow to load, and a host need not have it."""
    try:
        from cryptography import x509
    except ImportError:
        return ""
    found = x509.load_der_x509_certificate(certificate)
    try:
        names = ", ".join(str(name.value) for name in found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        names = ""
    until = f"{found.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    subject, issuer = found.subject.rfc4514_string() or "nobody", found.issuer.rfc4514_string() or "nobody"
    return f"the certificate there is for {subject} (names {names or 'none'}), valid until {until}, signed by {issuer}"


def shown(url: str, timeout: float = 5) -> str:
    """The certificate at a URL in words; empty when it cannot be had. The connection is closed before anything is said on it."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 443), timeout) as plain, context.wrap_socket(plain) as secure:
            certificate = secure.getpeercert(binary_form=True)
    except (OSError, ValueError):
        return ""
    return told(certificate) if certificate else ""
