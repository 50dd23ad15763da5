# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of certificates on the controller, beside the file of secrets: what is due is made anew under a lock."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.neursafe.fl.plugins.module_utils._whole_file import write_whole
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificates import (
    IMPORT_PROBLEM,
    CertificateError,
    Pair,
    authority_due,
    due,
    make_authority,
    make_certificate,
)
from ansible_collections.neursafe.fl.plugins.plugin_utils._secrets_file import PRIVATE, locked, secrets_path

NAME = ".nsfl-ca"
# What stands for a certificate where nothing may be written: it differs from whatever a host has.
PLACEHOLDER = Pair("-----BEGIN CERTIFICATE-----\nnot made in check mode\n", "-----BEGIN PRIVATE KEY-----\nnot made in check mode\n")
_SPLIT = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Settings:
    """What the inventory says of certificates. Without `ca_file`, the authority is ours; with `renews`, a look takes it for gone."""

    folder: str
    ca_file: str = ""
    ca_key_file: str = ""
    days: int = 365
    renew_days: int = 30
    only_looks: bool = False
    renews: bool = False

    @property
    def authority_file(self) -> str:
        return self.ca_file or os.path.join(self.folder, "ca.crt")


def settings(variables: Mapping[str, Any], value: Callable[[str], Any], *, renews: bool = False) -> Settings:
    """The settings of a run; `value` gives an option of the plugin, templated."""
    if IMPORT_PROBLEM:
        raise CertificateError(
            f"nsfl_tls: the controller's Python has no package for certificates ({IMPORT_PROBLEM}); install cryptography there"
        )
    looks = any(variables.get(name) for name in ("ansible_check_mode", "__nsfl_only_looks"))
    files = [os.path.abspath(os.path.expanduser(text)) if (text := value(name)) else "" for name in ("ca_file", "ca_key_file")]
    days, renew_days = int(value("days")), int(value("renew_days"))
    if not 0 <= renew_days < days:
        text = f"{renew_days} is not between 0 and {days} (nsfl_certificate_days), so that each run would make all anew; give fewer"
        raise CertificateError(f"nsfl_certificate_renew_days: {text}")
    if files[1] and not files[0]:
        raise CertificateError("nsfl_ca_key_file: it is given without the authority's certificate; give nsfl_ca_file, too")
    folder = os.path.join(os.path.dirname(secrets_path(value("secrets_file"), variables)), NAME)
    if files == [os.path.join(folder, "ca.crt"), ""]:
        files = ["", ""]  # ours, by its path
    return Settings(folder, files[0], files[1], days=days, renew_days=renew_days, only_looks=looks, renews=renews)


def is_on(value: Any) -> bool:
    """Whether a setting says yes, in whatever way it was given."""
    return bool(boolean(value, strict=False))


def authority(wanted: Settings) -> Pair:
    """The authority; one of ours is made where there is none, or where it would not last."""
    if wanted.ca_file:
        key = read("nsfl_ca_key_file", wanted.ca_key_file) if wanted.ca_key_file else ""
        return Pair(read("nsfl_ca_file", wanted.ca_file), key)
    if wanted.renews and wanted.only_looks:
        return PLACEHOLDER
    paths = [os.path.join(wanted.folder, name) for name in ("ca.crt", "ca.key")]

    def load() -> Pair | None:
        return Pair(*map(_text, paths)) if all(map(os.path.isfile, paths)) else None

    def renewed(found: Pair | None) -> Pair | None:
        return make_authority(_now()) if found is None or authority_due(found, wanted.days, _now()) else None

    def write(made: Pair) -> None:
        # A run that ends in between leaves two that do not fit, and the next one makes both anew.
        write_whole(Path(paths[1]), made.key.encode(), PRIVATE)
        write_whole(Path(paths[0]), made.certificate.encode())

    return _kept(wanted, load, renewed, write)


def certificate(wanted: Settings, service: str, names: Sequence[str], named_addresses: bool) -> Pair:
    """The certificate of a service, made anew when it is due."""
    signer = authority(wanted)
    if signer is PLACEHOLDER:
        return PLACEHOLDER
    if not signer.key:
        text = f"nsfl_ca_file is given without it, so that no certificate for {service} can be made; give it, or the certificate itself"
        raise CertificateError(f"nsfl_ca_key_file: {text}")
    if wanted.ca_file and not signer.fits:
        raise CertificateError("nsfl_ca_key_file: it is not the key of the certificate in nsfl_ca_file; give the two that belong together")
    path = os.path.join(wanted.folder, f"{service}.pem")

    def load() -> Pair | None:
        key, begin, rest = _text(path).partition(_SPLIT) if os.path.isfile(path) else ("", "", "")
        return Pair(begin + rest, key) if begin else None

    def renewed(found: Pair | None) -> Pair | None:
        if found and not due(found, signer, names, wanted.renew_days, _now(), named_addresses):
            return None
        return make_certificate(signer, service, names, wanted.days, _now(), named_addresses)

    # In one file, so that key and certificate are always of one time.
    return _kept(wanted, load, renewed, lambda made: write_whole(Path(path), (made.key + made.certificate).encode(), PRIVATE))


def read(setting: str, path: str) -> str:
    """A file that the inventory names."""
    try:
        return _text(path)
    except OSError as error:
        raise CertificateError(f"{setting}: {path} cannot be read ({error.strerror}); correct the path") from error


def _kept(
    wanted: Settings, load: Callable[[], Pair | None], renewed: Callable[[Pair | None], Pair | None], write: Callable[[Pair], None]
) -> Pair:
    try:
        found = load()
        if found and not renewed(found):
            return found
        if wanted.only_looks:
            return PLACEHOLDER
        with locked(os.path.join(wanted.folder, "")):  # by the file .lock in it
            # Another worker may have made it meanwhile.
            found = load()
            made = renewed(found)
            if made:
                write(made)
            return made or found or PLACEHOLDER
    except CertificateError as error:
        raise CertificateError(f"nsfl_secrets_file: in {wanted.folder} beside it, a file {error}; remove that folder") from error
    except OSError as error:
        text = f"{error.filename or wanted.folder} cannot be used ({error.strerror}); give a path whose folder can be written to"
        raise CertificateError(f"nsfl_secrets_file: {text}") from error


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
