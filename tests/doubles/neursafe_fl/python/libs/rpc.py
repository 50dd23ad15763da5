# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: gRPC over plain HTTP/2. Service and method names are the real ones (no package), messages are JSON."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

Message = dict[str, Any]
Methods = Mapping[str, Mapping[str, Callable[[Message], Message]]]
Error = grpc.RpcError
# Never through an http_proxy of the environment; models may be large.
OPTIONS = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def encode(message: Message) -> bytes:
    return json.dumps(message).encode()


def blob(content: bytes) -> str:
    return base64.b64encode(content).decode()


def unblob(text: str) -> bytes:
    return base64.b64decode(text)


def call(address: str, method: str, message: Message, module_id: str | None = None, timeout: float = 10) -> Message:
    """One unary call, e.g. call("selector:50055", "/SelectService/Select", {...}). Raises Error."""
    with grpc.insecure_channel(address, OPTIONS) as channel:
        stub = channel.unary_unary(method, request_serializer=encode, response_deserializer=json.loads)
        return stub(message, timeout=timeout, metadata=[("module-id", module_id)] if module_id else None)


def unreachable(error: Exception) -> bool:
    return isinstance(error, grpc.Call) and error.code() == grpc.StatusCode.UNAVAILABLE


def reason(error: Exception) -> str:
    return f"{error.code().name}: {error.details()}" if isinstance(error, grpc.Call) else str(error)


def serve(address: str, services: Methods) -> grpc.Server:
    """Start a server; an exception in a method resets that stream with the exception's text."""
    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=[*OPTIONS, ("grpc.so_reuseport", 0)])
    for service, methods in services.items():
        server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(
                    service,
                    {
                        name: grpc.unary_unary_rpc_method_handler(_guard(f"/{service}/{name}", method), json.loads, encode)
                        for name, method in methods.items()
                    },
                )
            ]
        )
    if server.add_insecure_port(address) == 0:
        raise OSError(f"cannot listen on {address}")
    server.start()
    return server


def _guard(name: str, method: Callable[[Message], Message]) -> Callable[[Message, grpc.ServicerContext], Message]:
    def answer(message: Message, context: grpc.ServicerContext) -> Message:
        try:
            return method(message)
        except Exception as error:
            logging.exception("%s", name)
            context.abort(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}")
            raise

    return answer
