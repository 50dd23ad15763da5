# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of the platform's services: made, looked at, and found due. Text in, text out; no files."""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    IMPORT_PROBLEM = ""
except ImportError as error:  # told when a certificate is asked for
    IMPORT_PROBLEM = str(error)

# An authority is changed on every host at once, so it lasts.
AUTHORITY_DAYS = 3650
_HOST = re.compile(r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_EARLIER = datetime.timedelta(hours=1)  # for clocks that are behind
_ALL_USES = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


class CertificateError(Exception):
    """A certificate, or its key, is not what it has to be; the text says why and what to do."""


@dataclass(frozen=True)
class Pair:
    """A certificate (with its chain, if it has one) and its key, both as PEM."""

    certificate: str
    key: str = ""

    @property
    def x509(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificates(self.certificate.encode())[0]
        except ValueError as error:
            raise CertificateError("is no PEM certificate; it begins with -----BEGIN CERTIFICATE-----") from error

    @property
    def private_key(self) -> Any:
        try:
            return serialization.load_pem_private_key(self.key.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise CertificateError("is no PEM key without a password; it begins with -----BEGIN PRIVATE KEY-----") from error

    @property
    def fits(self) -> bool:
        """Whether the key is the certificate's."""
        return bool(self.private_key.public_key() == self.x509.public_key())


def make_authority(now: datetime.datetime) -> Pair:
    """A new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    # Its own name for each, so that one is never taken for the other.
    name = _name(f"Neursafe FL {now:%Y-%m-%d %H:%M:%S}")
    builder = _builder(name, name, key, now, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.KeyUsage(**{**_ALL_USES, "key_cert_sign": True, "crl_sign": True}), critical=True)
    return _pair(builder.sign(key, hashes.SHA256()), key)


def make_certificate(authority: Pair, service: str, names: Sequence[str], days: int, now: datetime.datetime, named_addresses: bool) -> Pair:
    """A certificate for a service under all its names, signed by the authority."""
    issuer = authority.x509
    key = ec.generate_private_key(ec.SECP256R1())
    days = min(days, (issuer.not_valid_after_utc - now).days)
    builder = _builder(_name(service[:64]), issuer.subject, key, now, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName(_alternatives(names, named_addresses)), critical=False)
    builder = builder.add_extension(x509.KeyUsage(**{**_ALL_USES, "digital_signature": True}), critical=True)
    # Servers of a distributed store are each other's clients.
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
    issuers = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuers), critical=False)
    return _pair(builder.sign(authority.private_key, hashes.SHA256()), key)


def authority_due(authority: Pair, days: int, now: datetime.datetime) -> str:
    """Why an authority of ours has to be made anew; it has to outlast what it signs."""
    if not authority.fits:
        return "its key is another's"
    left = (authority.x509.not_valid_after_utc - now).days
    return f"it has {left} days left, and certificates of {days} days are to be signed" if left < days else ""


def due(pair: Pair, authority: Pair, names: Sequence[str], renew_days: int, now: datetime.datetime, named_addresses: bool) -> str:
    """Why a certificate of ours has to be made anew; empty when it does not."""
    if not pair.fits:
        return "its key is another's"
    left = pair.x509.not_valid_after_utc - now
    if left < datetime.timedelta(days=renew_days):
        return f"it has {max(0, left.days)} days left"
    if _names(pair.x509) != {_shown(name) for name in _alternatives(names, named_addresses)}:
        return "it has other names"
    return "" if _signed_by(pair.x509, authority.x509) else "another authority has signed it"


def problem(pair: Pair, authority: str, names: Sequence[str], now: datetime.datetime) -> str:
    """Why clients would refuse a certificate that a person gave; named are the certificate and its names."""
    certificate = pair.x509
    told = (
        f"the certificate for {certificate.subject.rfc4514_string() or 'nobody'} (names {', '.join(sorted(_names(certificate))) or 'none'})"
    )
    if not pair.fits:
        return f"{told} has another key; give the two that belong together"
    if certificate.not_valid_after_utc <= now:
        return f"{told} has expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC; renew it"
    if certificate.not_valid_before_utc > now:
        return f"{told} begins on {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC; look at the clock, or wait"
    missing = [name for name in names if not _covers(certificate, name)]
    if missing:
        return f"{told} is not for {', '.join(missing)}, under which its clients reach it; have it made for that, too"
    chain = [*x509.load_pem_x509_certificates(pair.certificate.encode())[1:], *authorities(authority)]
    if authority and not any(_signed_by(certificate, issuer) for issuer in chain):
        issued = certificate.issuer.rfc4514_string()
        return f"{told} is signed by {issued}, which is not in nsfl_ca_file; name that authority there, or have it signed by this one"
    return ""


def checked(names: Sequence[str]) -> None:
    """Refuse what cannot be a name in a certificate."""
    _alternatives(names, named_addresses=False)


def authorities(text: str) -> list[x509.Certificate]:
    """All certificates of a bundle."""
    try:
        return list(x509.load_pem_x509_certificates(text.encode())) if text else []
    except ValueError as error:
        raise CertificateError("has no PEM certificate in it; it begins with -----BEGIN CERTIFICATE-----") from error


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Any, now: datetime.datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _pair(certificate: x509.Certificate, key: Any) -> Pair:
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), text.decode())


def _alternatives(names: Sequence[str], named_addresses: bool) -> list[x509.GeneralName]:
    """Each name once. Before version 15, PostgreSQL's library looks for an address among the names of hosts only."""
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys(names):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(_host(name))
        else:
            found += [x509.DNSName(name)] if named_addresses else []
    return found


def _host(name: str) -> x509.GeneralName:
    if not _HOST.fullmatch(name):
        raise CertificateError(f"{name!r} is no address and no name of a host; write it in letters, digits, dots and hyphens")
    return x509.DNSName(name)


def _shown(name: x509.GeneralName) -> str:
    return f"{'IP' if isinstance(name, x509.IPAddress) else 'DNS'}:{name.value}"


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {_shown(name) for name in found}


def _covers(certificate: x509.Certificate, name: str) -> bool:
    names = _names(certificate)
    wildcard = "*." + name.partition(".")[2]
    return bool(names & {f"IP:{name}", f"DNS:{name}", f"DNS:{wildcard}"})


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
