# SPDX-License-Identifier: Apache-2.0
"""Certificates: made once, made anew before they expire, and what a user gives is refused when clients would refuse it."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.neursafe.fl.plugins.lookup import certificate, trusted_ca
from ansible_collections.neursafe.fl.plugins.plugin_utils import _certificate_store as store
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificates import Pair, make_authority, make_certificate
from cryptography import x509

DEFAULTS: dict[str, Any] = {"tls": True, "ca_file": "", "ca_key_file": "", "days": 365, "renew_days": 30, "names": ["192.0.2.10", "node-1"]}
GIVEN = {
    "extra": [],
    "named_addresses": False,
    "cert_file": "",
    "key_file": "",
    "setting": "nsfl_object_store_tls_cert_file",
    "content": False,
}
NOW = datetime.datetime.now(datetime.UTC)


def plugin(kind: Any, folder: Path, options: dict[str, Any]) -> Any:
    made = kind.LookupModule()
    made.set_options = lambda var_options, direct: None
    made.get_option = {**DEFAULTS, **GIVEN, "secrets_file": str(folder / "secrets.yml"), **options}.__getitem__
    return made


def look_up(folder: Path, variables: dict[str, Any] | None = None, **options: Any) -> dict[str, str]:
    found: dict[str, str] = plugin(certificate, folder, options).run(["object-store-node-1"], variables or {})[0]
    return found


def trusted(folder: Path, variables: dict[str, Any] | None = None, **options: Any) -> str:
    return str(plugin(trusted_ca, folder, options).run(["nsfl_object_store"], variables or {})[0])


def x509_of(found: dict[str, str]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(found["certificate"].encode())


def days_left(found: dict[str, str]) -> int:
    return (x509_of(found).not_valid_after_utc - NOW).days


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    first = look_up(tmp_path)
    assert look_up(tmp_path) == first
    assert days_left(first) in (364, 365)
    names = x509_of(first).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("192.0.2.10")]
    assert names.get_values_for_type(x509.DNSName) == ["node-1"]


def test_before_a_renewal_a_look_takes_the_authority_for_gone(tmp_path: Path) -> None:
    ours = {"groups": {"nsfl_object_store": ["node-1"]}}
    looks = {**ours, "__nsfl_only_looks": True, "__nsfl_renews_authority": True}
    before, authority = look_up(tmp_path), trusted(tmp_path, ours, content=True)
    assert look_up(tmp_path, looks)["certificate"] not in ("", before["certificate"])
    assert trusted(tmp_path, looks, content=True) not in ("", authority)
    # Whoever does not only look has what there is.
    assert look_up(tmp_path, {"__nsfl_renews_authority": True}) == before == look_up(tmp_path, {"__nsfl_only_looks": True})
    (tmp_path / ".nsfl-ca" / "ca.crt").unlink()
    after = look_up(tmp_path)
    assert after["key"] != before["key"] and after["authority"] not in (authority, "")


def test_clients_take_it_when_they_are_strict(tmp_path: Path) -> None:
    """A handshake in memory, with all checks that Python knows."""
    found = look_up(tmp_path)
    (tmp_path / "server.pem").write_text(found["key"] + found["certificate"])
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=found["authority"])
    server.load_cert_chain(tmp_path / "server.pem")
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    shake(server, client, "192.0.2.10")
    shake(server, client, "node-1")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for '192\.0\.2\.11'"):
        shake(server, client, "192.0.2.11")


def shake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [server.wrap_bio(to_server, to_client, server_side=True), client.wrap_bio(to_client, to_server, server_hostname=name)]
    for _round in range(4):
        for end in reversed(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[1].getpeercert()


def test_keys_and_their_folder_are_private(tmp_path: Path) -> None:
    look_up(tmp_path)
    folder = tmp_path / ".nsfl-ca"
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()}
    assert modes == {".lock": "0o600", "ca.crt": "0o644", "ca.key": "0o600", "object-store-node-1.pem": "0o600"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("left", [datetime.timedelta(days=1), datetime.timedelta(minutes=1), datetime.timedelta(days=-1)])
def test_it_is_renewed_before_it_expires(tmp_path: Path, left: datetime.timedelta) -> None:
    first = look_up(tmp_path)
    folder = tmp_path / ".nsfl-ca"
    authority = Pair((folder / "ca.crt").read_text(), (folder / "ca.key").read_text())
    old = make_certificate(authority, "object-store-node-1", DEFAULTS["names"], 1, NOW + left - datetime.timedelta(days=1), False)
    (folder / "object-store-node-1.pem").write_text(old.key + old.certificate)
    renewed = look_up(tmp_path)
    assert renewed["certificate"] not in (old.certificate, first["certificate"])
    assert renewed["authority"] == first["authority"]
    assert days_left(renewed) in (364, 365)
    assert look_up(tmp_path) == renewed


def test_a_valid_one_stays_until_its_days_have_come(tmp_path: Path) -> None:
    first = look_up(tmp_path, days=40)
    assert look_up(tmp_path, renew_days=30) == first
    assert look_up(tmp_path, renew_days=50) != first


def test_it_is_made_anew_for_other_names_and_another_authority(tmp_path: Path) -> None:
    first = look_up(tmp_path)
    second = look_up(tmp_path, names=["192.0.2.10", "node-1", ""], extra=["fl.example.org"])
    assert second["certificate"] != first["certificate"]
    (tmp_path / ".nsfl-ca" / "ca.key").unlink()
    third = look_up(tmp_path)
    assert third["authority"] != first["authority"]
    x509_of(third).verify_directly_issued_by(x509.load_pem_x509_certificate(third["authority"].encode()))


def test_an_authority_outlasts_what_it_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = look_up(tmp_path)
    monkeypatch.setattr(store, "_now", lambda: NOW + datetime.timedelta(days=3300))
    later = look_up(tmp_path)
    assert later["authority"] != first["authority"]
    assert trusted(tmp_path, {"groups": {"nsfl_object_store": ["a"]}}, content=True) == later["authority"]


def test_addresses_are_names_of_hosts_for_clients_that_look_there_only(tmp_path: Path) -> None:
    names = x509_of(look_up(tmp_path, named_addresses=True)).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"192.0.2.10", "node-1"}


@pytest.mark.parametrize("name", ["ansible_check_mode", "__nsfl_only_looks"])
def test_check_mode_and_preflight_write_nothing(tmp_path: Path, name: str) -> None:
    found = look_up(tmp_path, {name: True})
    assert found == {"certificate": store.PLACEHOLDER.certificate, "key": store.PLACEHOLDER.key, "authority": store.PLACEHOLDER.certificate}
    assert trusted(tmp_path, {name: True, "groups": {"nsfl_object_store": ["a"]}}) == str(tmp_path / ".nsfl-ca" / "ca.crt")
    assert list(tmp_path.iterdir()) == []
    made = look_up(tmp_path)
    assert look_up(tmp_path, {name: True}) == made
    # What is due differs from what is there.
    assert look_up(tmp_path, {name: True}, days=365, renew_days=364, names=["other"]) != made


def test_without_tls_nothing_is_made(tmp_path: Path) -> None:
    assert look_up(tmp_path, tls="false") == {"certificate": "", "key": "", "authority": ""}
    assert list(tmp_path.iterdir()) == []
    files = given(tmp_path)
    assert look_up(tmp_path, tls=False, **{**files, "names": ["192.0.2.10"]})["key"] == (tmp_path / "key_file").read_text()


def test_many_workers_make_one(tmp_path: Path) -> None:
    found: list[dict[str, str]] = []
    threads = [threading.Thread(target=lambda: found.append(look_up(tmp_path))) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one == found[0] for one in found)


def given(folder: Path, days: int = 90, start: datetime.datetime = NOW, names: tuple[str, ...] = ("192.0.2.10", "*.lan")) -> dict[str, Any]:
    """A user's own authority, and a certificate that it has signed."""
    authority = make_authority(start - datetime.timedelta(days=1))
    made = make_certificate(authority, "minio.example", names, days, start, False)
    files = {"ca_file": authority.certificate, "cert_file": made.certificate, "key_file": made.key, "other": authority.key}
    for name, text in files.items():
        (folder / name).write_text(text)
    return {name: str(folder / name) for name in files if name != "other"}


def test_what_a_user_gives_is_taken(tmp_path: Path) -> None:
    files = given(tmp_path)
    found = look_up(tmp_path, **files, names=["192.0.2.10", "node-1.lan"], extra=["node-1"])
    assert found["certificate"] == (tmp_path / "cert_file").read_text()
    assert found["authority"] == (tmp_path / "ca_file").read_text()
    assert not (tmp_path / ".nsfl-ca").exists()


SAID = r"nsfl_object_store_tls_cert_file: the certificate for CN=minio\.example \(names DNS:\*\.lan, IP:192\.0\.2\.10\) "


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"names": ["192.0.2.11", "192.0.2.10"]},
            SAID + r"is not for 192\.0\.2\.11, under which its clients reach it; have it made for that",
        ),
        ({"days": 1, "start": NOW - datetime.timedelta(days=3)}, SAID + r"has expired on \d{4}-\d\d-\d\d \d\d:\d\d UTC; renew it"),
        ({"start": NOW + datetime.timedelta(days=3)}, SAID + r"begins on .* UTC; look at the clock"),
        ({"key_file": "other"}, SAID + "has another key; give the two that belong together"),
        ({"ca_file": "another"}, SAID + r"is signed by CN=Neursafe FL .*, which is not in nsfl_ca_file; name that authority"),
        ({"cert_file": "other"}, r"nsfl_object_store_tls_cert_file: \S*other or \S*key_file is no PEM certificate; it begins with"),
        (
            {"cert_file": "nothing"},
            r"nsfl_object_store_tls_cert_file: \S*nothing cannot be read \(No such file or directory\); correct the path",
        ),
        ({"key_file": ""}, "nsfl_object_store_tls_key_file: a certificate is given without its key"),
    ],
)
def test_what_clients_would_refuse_is_refused_by_name(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    (tmp_path / "another").write_text(make_authority(NOW).certificate)
    made = {name: value for name, value in wrong.items() if name in ("days", "start")}
    files = {**given(tmp_path, **made), "names": ["192.0.2.10"]}
    files |= {name: str(tmp_path / value) if value else "" for name, value in wrong.items() if name.endswith("_file")}
    files |= {name: value for name, value in wrong.items() if name == "names"}
    with pytest.raises(AnsibleLookupError, match=said):
        look_up(tmp_path, **files)


def test_an_authority_of_the_users_signs(tmp_path: Path) -> None:
    files = given(tmp_path)
    found = look_up(tmp_path, ca_file=files["ca_file"], ca_key_file=str(tmp_path / "other"))
    x509_of(found).verify_directly_issued_by(x509.load_pem_x509_certificate((tmp_path / "ca_file").read_bytes()))
    assert not (tmp_path / ".nsfl-ca" / "ca.key").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ca_file": "ca_file"}, r"nsfl_ca_key_file: nsfl_ca_file is given without it, so that no certificate for object-store-node-1"),
        ({"ca_file": "ca_file", "ca_key_file": "key_file"}, "nsfl_ca_key_file: it is not the key of the certificate in nsfl_ca_file"),
        ({"ca_key_file": "key_file"}, "nsfl_ca_key_file: it is given without the authority's certificate"),
        ({"ca_file": "gone"}, r"nsfl_ca_file: \S*gone cannot be read"),
        ({"names": ["node 1"]}, r"nsfl_object_store_tls_names: 'node 1' is no address and no name of a host; write it"),
        ({"renew_days": 365}, r"nsfl_certificate_renew_days: 365 is not between 0 and 365 \(nsfl_certificate_days\)"),
    ],
)
def test_settings_that_cannot_be_met(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    given(tmp_path)
    with pytest.raises(AnsibleLookupError, match=said):
        look_up(tmp_path, {}, **{name: str(tmp_path / value) if isinstance(value, str) else value for name, value in options.items()})


def test_the_authority_is_trusted_where_the_service_is_ours(tmp_path: Path) -> None:
    ours = {"groups": {"nsfl_object_store": ["node-1"]}}
    assert trusted(tmp_path, {"groups": {"nsfl_object_store": []}}) == ""
    assert trusted(tmp_path, ours, tls="no") == ""
    assert trusted(tmp_path, ours) == str(tmp_path / ".nsfl-ca" / "ca.crt")
    assert trusted(tmp_path, ours, content=True) == (tmp_path / ".nsfl-ca" / "ca.crt").read_text()
    files = given(tmp_path)
    assert trusted(tmp_path, {}, ca_file=files["ca_file"]) == files["ca_file"]
    for path, said in ((files["key_file"], "has no PEM certificate in it"), (files["key_file"] + "s", "cannot be read")):
        with pytest.raises(AnsibleLookupError, match=rf"nsfl_cli_ca_file: \S* {said}"):
            trusted(tmp_path, {}, ca_file=path, setting="nsfl_cli_ca_file")
