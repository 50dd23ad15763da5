# SPDX-License-Identifier: Apache-2.0
"""A stand-in for mongod with authentication on: its protocol, SCRAM-SHA-256, users, roles, and the exception for its own host.

Strict where mongod is: a command without the right for it is refused, a role has to exist, and the first user is the last that
somebody unknown may create. What it does not know is an error. No document is kept longer than the process lives.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socketserver
import ssl
import struct
import threading
from typing import Any

import bson
from mongod_rights import IN_COLLECTION, NEEDED, RIGHTS, Document, RefusalError


class Login:
    """One exchange of SCRAM-SHA-256, from the server's side."""

    def __init__(self, user: Document, first: str) -> None:
        self.user, self._bare = user, first.split(",", 2)[2]
        self._nonce = dict(part.split("=", 1) for part in self._bare.split(","))["r"] + secrets.token_hex(12)
        self.reply = f"r={self._nonce},s={base64.b64encode(user['salt']).decode()},i=4096"

    def finish(self, final: str) -> str:
        unproved, _comma, proof = final.rpartition(",p=")
        message = ",".join([self._bare, self.reply, unproved]).encode()
        salted = hashlib.pbkdf2_hmac("sha256", self.user["password"].encode(), self.user["salt"], 4096)
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        expected = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        if f"r={self._nonce}" not in unproved or not hmac.compare_digest(expected, base64.b64decode(proof)):
            raise RefusalError(18, "Authentication failed.")
        server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        return f"v={base64.b64encode(server).decode()}"


class Connection(socketserver.BaseRequestHandler):
    """The messages of one client, and who it is."""

    login: Login | None = None
    who: tuple[str, str] | None = None

    def handle(self) -> None:
        stream = self.request.makefile("rb")
        while head := stream.read(16):
            length, number, _reply, kind = struct.unpack("<iiii", head)
            if kind not in (2004, 2013):  # of a client that begins with TLS, say
                return
            body = stream.read(length - 16)
            if kind == 2013:
                answer = b"\0\0\0\0\0" + bson.encode(self.answer(_message(body)))
            else:  # the greeting of old
                skipped = body.index(b"\0", 4) + 9
                size = struct.unpack_from("<i", body, skipped)[0]
                asked = {**bson.decode(body[skipped : skipped + size]), "$db": "admin"}
                answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(self.answer(asked))
            opcode = 2013 if kind == 2013 else 1
            self.request.sendall(struct.pack("<iiii", len(answer) + 16, 0, number, opcode) + answer)

    def answer(self, asked: Document) -> Document:
        server: Mongod = self.server.owner
        name = next(iter(asked))
        try:
            with server.lock:
                if hasattr(self, f"on_{name.lower()}"):
                    return {**getattr(self, f"on_{name.lower()}")(server, asked), "ok": 1.0}
                server.permit(self.who, name, asked)
                server.commands.append(name)
                return {**getattr(server, f"do_{name.lower()}")(asked), "ok": 1.0}
        except RefusalError as refusal:
            return {"ok": 0.0, "errmsg": str(refusal), "code": refusal.code}

    def on_hello(self, server: Mongod, asked: Document) -> Document:
        found: Document = {"isWritablePrimary": True, "ismaster": True, "helloOk": True, "minWireVersion": 0, "maxWireVersion": 21}
        if "saslSupportedMechs" in asked:
            found["saslSupportedMechs"] = ["SCRAM-SHA-256"]
        return {**found, "maxBsonObjectSize": 1 << 24, "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000}

    on_ismaster = on_hello

    def on_buildinfo(self, server: Mongod, _asked: Document) -> Document:
        return {"version": "7.0.0"}

    def on_connectionstatus(self, server: Mongod, _asked: Document) -> Document:
        return {"authInfo": {}}

    def on_endsessions(self, server: Mongod, _asked: Document) -> Document:
        return {}

    def on_saslstart(self, server: Mongod, asked: Document) -> Document:
        first = asked["payload"].decode()
        name = first.split("n=", 1)[1].split(",", 1)[0]
        user = server.users.get((asked["$db"], name))
        if user is None or asked["mechanism"] != "SCRAM-SHA-256":
            raise RefusalError(18, "Authentication failed.")
        self.login, self.who = Login(user, first), None
        self._coming = (asked["$db"], name)
        return {"conversationId": 1, "payload": self.login.reply.encode(), "done": False}

    def on_saslcontinue(self, server: Mongod, asked: Document) -> Document:
        assert self.login
        if not asked["payload"]:
            return {"conversationId": 1, "payload": b"", "done": True}
        payload = self.login.finish(asked["payload"].decode()).encode()
        self.who = self._coming
        return {"conversationId": 1, "payload": payload, "done": True}


def _message(body: bytes) -> Document:
    """The command of an OP_MSG, with its sequences of documents put back into it."""
    found: Document = {}
    place = 4
    while place < len(body):
        kind = body[place]
        (size,) = struct.unpack_from("<i", body, place + 1)
        part = body[place + 1 : place + 1 + size]
        if kind == 0:
            found = bson.decode(part) | found
        else:
            end = part.index(b"\0", 4)
            found[part[4:end].decode()] = bson.decode_all(part[end + 1 :])
        place += 1 + size
    return found


class Mongod:
    """The server: `users` and `roles` by (database, name), `data` by database and collection."""

    def __init__(self, context: ssl.SSLContext | None = None, place: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.users: dict[tuple[str, str], Document] = {}
        self.roles: dict[tuple[str, str], Document] = {}
        self.data: dict[str, dict[str, Document]] = {}
        self.commands: list[str] = []
        self.lock = threading.RLock()
        self._server = socketserver.ThreadingTCPServer(place, Connection)
        self._server.daemon_threads = True
        self._server.owner = self
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # --- rights ------------------------------------------------------------------------------------------------------

    def permit(self, who: tuple[str, str] | None, name: str, asked: Document) -> None:
        database = asked["$db"]
        if who is None:
            if name == "createUser" and database == "admin" and not self.users:
                return
            raise RefusalError(13, f"Command {name} requires authentication")
        if name not in NEEDED:
            raise RefusalError(59, f"no such command: '{name}'")
        collection = asked[name] if name in IN_COLLECTION else ""
        if not any(self._lets(role, database, NEEDED[name], collection) for role in self.users[who]["roles"]):
            raise RefusalError(13, f"not authorized on {database} to execute command {name}")

    def _lets(self, role: Document, database: str, right: str, collection: str) -> bool:
        own = self.roles.get((role["db"], role["role"]))
        if own:
            return any(
                item["resource"] == {"db": database, "collection": collection} and right in item["actions"] for item in own["privileges"]
            )
        anywhere = role["db"] == "admin" and role["role"].endswith("AnyDatabase")
        return right in RIGHTS[role["role"]] and (anywhere or role["db"] == database)

    def _known_roles(self, roles: list[Document]) -> None:
        for role in roles:
            if (role["db"], role["role"]) not in self.roles and role["role"] not in RIGHTS:
                raise RefusalError(31, f"No role named {role['role']}@{role['db']}")

    # --- users and roles ---------------------------------------------------------------------------------------------

    def do_usersinfo(self, asked: Document) -> Document:
        name = asked["usersInfo"]
        found = self.users.get((name["db"], name["user"]))
        return {"users": [{"user": name["user"], "db": name["db"], "roles": found["roles"]}] if found else []}

    def do_createuser(self, asked: Document) -> Document:
        key = (asked["$db"], asked["createUser"])
        if key in self.users:
            raise RefusalError(51003, f'User "{key[1]}@{key[0]}" already exists')
        self._known_roles(asked["roles"])
        if not asked["pwd"]:
            raise RefusalError(2, "Password cannot be empty")
        self.users[key] = {"password": asked["pwd"], "salt": secrets.token_bytes(28), "roles": asked["roles"]}
        return {}

    def do_updateuser(self, asked: Document) -> Document:
        user = self.users.get((asked["$db"], asked["updateUser"]))
        if user is None:
            raise RefusalError(11, "User not found")
        self._known_roles(asked.get("roles", []))
        user.update({"password": asked.get("pwd", user["password"]), "roles": asked.get("roles", user["roles"])})
        return {}

    def do_dropuser(self, asked: Document) -> Document:
        if self.users.pop((asked["$db"], asked["dropUser"]), None) is None:
            raise RefusalError(11, "User not found")
        return {}

    def do_rolesinfo(self, asked: Document) -> Document:
        name = asked["rolesInfo"]
        found = self.roles.get((name["db"], name["role"]))
        return {"roles": [{"role": name["role"], "db": name["db"], **found}] if found else []}

    def do_createrole(self, asked: Document) -> Document:
        key = (asked["$db"], asked["createRole"])
        if key in self.roles:
            raise RefusalError(51002, "Role already exists")
        self.roles[key] = {"privileges": asked["privileges"], "roles": asked["roles"]}
        return {}

    def do_updaterole(self, asked: Document) -> Document:
        self.roles[asked["$db"], asked["updateRole"]]["privileges"] = asked["privileges"]
        return {}

    def do_droprole(self, asked: Document) -> Document:
        del self.roles[asked["$db"], asked["dropRole"]]
        return {}

    # --- data --------------------------------------------------------------------------------------------------------

    def _collection(self, asked: Document) -> Document:
        return self.data.setdefault(asked["$db"], {}).setdefault(asked[next(iter(asked))], {"documents": [], "indexes": []})

    def do_listcollections(self, asked: Document) -> Document:
        names = self.data.get(asked["$db"], {})
        return _cursor([{"name": name, "type": found.get("type", "collection")} for name, found in names.items()])

    def do_create(self, asked: Document) -> Document:
        if asked["create"] in self.data.get(asked["$db"], {}):
            raise RefusalError(48, "Collection already exists")
        self._collection(asked)
        return {}

    def do_listindexes(self, asked: Document) -> Document:
        return _cursor([{"key": {"_id": 1}, "name": "_id_"}, *self._collection(asked)["indexes"]])

    def do_createindexes(self, asked: Document) -> Document:
        found = self._collection(asked)
        for index in asked["indexes"]:
            values = [_values(document, index) for document in found["documents"]]
            if index.get("unique") and len(values) > len(set(values)):
                raise RefusalError(11000, "E11000 duplicate key error")
            found["indexes"].append(index)
        return {}

    def do_dropdatabase(self, asked: Document) -> Document:
        self.data.pop(asked["$db"], None)
        return {}

    def do_insert(self, asked: Document) -> Document:
        found = self._collection(asked)
        for document in asked["documents"]:
            for index in found["indexes"]:
                if index.get("unique") and _values(document, index) in [_values(one, index) for one in found["documents"]]:
                    return {"n": 0, "writeErrors": [{"index": 0, "code": 11000, "errmsg": "E11000 duplicate key error"}]}
            found["documents"].append(document)
        return {"n": len(asked["documents"])}

    def do_find(self, asked: Document) -> Document:
        return _cursor([one for one in self._collection(asked)["documents"] if asked["filter"].items() <= one.items()])

    def do_update(self, asked: Document) -> Document:
        for update in asked["updates"]:
            for document in self._collection(asked)["documents"]:
                if update["q"].items() <= document.items():
                    document.update(update["u"])
        return {"n": 1}

    def do_delete(self, asked: Document) -> Document:
        found = self._collection(asked)
        for delete in asked["deletes"]:
            found["documents"] = [one for one in found["documents"] if not delete["q"].items() <= one.items()]
        return {"n": 1}


def _values(document: Document, index: Document) -> tuple[Any, ...]:
    return tuple(document.get(key) for key in index["key"])


def _cursor(batch: list[Document]) -> Document:
    return {"cursor": {"id": 0, "ns": "x.y", "firstBatch": batch}}
