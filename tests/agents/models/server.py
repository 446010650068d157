"""A real HTTP server that speaks the OpenAI chat protocol and misbehaves on request.

Runs on a thread of the test (``with ModelServer(...) as server``) or on its own (``python tests/agents/models/server.py``).
What it does is decided call by call::

    def behave(call: Call) -> Behaviour:
        return Behaviour("rate_limited", retry_after="1") if call.number == 0 else Behaviour()
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KINDS = (
    "ok",
    "rate_limited",  # 429, with Retry-After if given
    "server_error",  # 500
    "overloaded",  # 503
    "truncated_json",  # 200, valid headers, JSON cut in the middle
    "cut_connection",  # 200, the connection closes before Content-Length is reached
    "refusal",  # an answer with the refusal field
    "content_filter",  # finish_reason content_filter
    "empty_choices",
    "empty_text",
    "slow_drip",  # a byte now and then, for drip_s in all
    "wrong_content_type",  # 200, HTML
    "unauthorized",  # 401, and repeats the key, as some servers do
    "not_found",  # 404
    "bad_request",  # 400
    "too_large",  # 413
    "context_length",  # 400 with code context_length_exceeded
    "quota",  # 429 with code insufficient_quota
    "error_in_ok",  # 200 whose body is an error, as some gateways send
    "no_usage",  # a good answer without token counts
    "cut_by_length",  # finish_reason length
)


@dataclass(frozen=True)
class Behaviour:
    """What the server does with one call.

    Args:
        kind: one of KINDS.
        latency: seconds before the answer; None for the server's.
        retry_after: value of the Retry-After header of a 429 or 503.
        drip_s: how long a slow drip takes.
        text: what is answered; None for the server's reply.
    """

    kind: str = "ok"
    latency: float | None = None
    retry_after: str | None = None
    drip_s: float = 5.0
    text: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"expected one of {KINDS}, got {self.kind!r}")


@dataclass
class Call:
    """One call as the server saw it.

    Args:
        number: 0 for the first.
        body: the JSON of the request.
        headers: with lower-case names.
        started, ended: monotonic seconds; ended is 0 while under way.
        behaviour: what was done with it.
        tries: how many calls with the same body came before.
    """

    number: int
    body: dict[str, Any]
    headers: dict[str, str]
    started: float
    tries: int = 0
    ended: float = 0.0
    behaviour: Behaviour = field(default_factory=Behaviour)

    @property
    def prompt(self) -> str:
        """All text of the messages."""
        texts = []
        for message in self.body.get("messages", []):
            content = message["content"]
            parts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
            texts += [part for part in parts if part]
        return "\n".join(texts)

    @property
    def images(self) -> list[str]:
        """The URLs of the images, in order."""
        return [
            part["image_url"]["url"]
            for message in self.body.get("messages", [])
            if isinstance(message["content"], list)
            for part in message["content"]
            if part["type"] == "image_url"
        ]


def plan_for(call: Call) -> str:
    """A legal plan that depends on the request alone, so that answers can be told apart and foreseen."""
    seed = int.from_bytes(hashlib.sha256(json.dumps(call.body, sort_keys=True).encode()).digest()[:4], "big")
    actions = ("get_mug_of_water_puton_bedroomtable", "switchon_radio", "sit_bedroom_sofa", "switchoff_bathroom_lights")
    schema = call.body.get("response_format", {}).get("json_schema", {}).get("schema")
    if schema is not None and "actions" in schema.get("properties", {}):
        return json.dumps({"actions": [actions[seed % 4]], "dialogue": f"I am here ({seed})."})
    return f'<{actions[seed % 4]}>, <dialogue>:"I am here ({seed})."'


class ModelServer:
    """An OpenAI-compatible server on 127.0.0.1.

    Args:
        behave: what to do with a call: a function, one behaviour for all, or a list for the first calls (then ok).
        latency: seconds before each answer.
        api_key: if set, calls with another key get a 401.
        reply: the text of good answers.
        port: 0 for any free one.
    """

    def __init__(
        self,
        behave: Callable[[Call], Behaviour] | Behaviour | Sequence[Behaviour] = Behaviour(),  # noqa: B008
        *,
        latency: float = 0.0,
        api_key: str | None = None,
        reply: Callable[[Call], str] = plan_for,
        port: int = 0,
    ) -> None:
        self.behave = behave
        self.latency = latency
        self.api_key = api_key
        self.reply = reply
        self.calls: list[Call] = []
        self._tries: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = _Http(("127.0.0.1", port), _handler(self))
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def most_at_once(self) -> int:
        """The highest number of calls that were under way at one moment."""
        events = sorted([(call.started, 1) for call in self.calls] + [(call.ended, -1) for call in self.calls if call.ended])
        most = current = 0
        for _, change in events:
            current += change
            most = max(most, current)
        return most

    def start(self) -> ModelServer:
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> ModelServer:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    # -- used by the handler -----------------------------------------------------------------------------------------

    def begin(self, body: dict[str, Any], headers: dict[str, str]) -> Call:
        key = json.dumps(body, sort_keys=True)
        with self._lock:
            call = Call(len(self.calls), body, headers, time.monotonic(), self._tries.get(key, 0))
            self._tries[key] = call.tries + 1
            self.calls.append(call)
        if self.api_key is not None and headers.get("authorization") != f"Bearer {self.api_key}":
            call.behaviour = Behaviour("unauthorized")
        elif callable(self.behave):
            call.behaviour = self.behave(call)
        elif isinstance(self.behave, Behaviour):
            call.behaviour = self.behave
        elif call.number < len(self.behave):
            call.behaviour = self.behave[call.number]
        return call

    def sleep(self, seconds: float) -> None:
        self._stopping.wait(seconds)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up (timeouts, kills) are part of the game."""


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = server.begin(json.loads(data), headers)
            behaviour = call.behaviour
            server.sleep(server.latency if behaviour.latency is None else behaviour.latency)
            call.ended = time.monotonic()
            getattr(self, f"_{behaviour.kind}", self._answer)(call)

        def _send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
            lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}", f"Content-Type: {kind}"]
            lines += [
                f"Content-Length: {len(body)}",
                *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
            ]
            self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

        def _error(self, status: int, message: str, code: str | None = None, **headers: str) -> None:
            body = {"error": {"message": message, "type": "test", "code": code}}
            self._send(status, json.dumps(body).encode(), **headers)

        def _completion(self, call: Call, **changes: Any) -> bytes:
            text = server.reply(call) if call.behaviour.text is None else call.behaviour.text
            message = {"role": "assistant", "content": text, "refusal": None} | changes.pop("message", {})
            body = {
                "id": f"call-{call.number}",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": call.body.get("model"),
                "choices": [{"index": 0, "message": message, "finish_reason": changes.pop("finish", "stop")}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
            } | changes
            return json.dumps({name: value for name, value in body.items() if value is not None}).encode()

        def _answer(self, call: Call) -> None:
            self._send(200, self._completion(call))

        def _rate_limited(self, call: Call) -> None:
            extra = {"Retry_After": call.behaviour.retry_after} if call.behaviour.retry_after is not None else {}
            self._error(429, "slow down", "rate_limit_exceeded", **extra)

        def _server_error(self, call: Call) -> None:
            self._error(500, "something broke")

        def _overloaded(self, call: Call) -> None:
            extra = {"Retry_After": call.behaviour.retry_after} if call.behaviour.retry_after is not None else {}
            self._error(503, "too busy", **extra)

        def _truncated_json(self, call: Call) -> None:
            body = self._completion(call)
            self._send(200, body[: len(body) // 2])

        def _cut_connection(self, call: Call) -> None:
            body = self._completion(call)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self.wfile.write(head.encode() + body[: len(body) // 2])
            self.close_connection = True

        def _refusal(self, call: Call) -> None:
            self._send(200, self._completion(call, message={"content": None, "refusal": "I cannot help with that."}))

        def _content_filter(self, call: Call) -> None:
            self._send(200, self._completion(call, message={"content": ""}, finish="content_filter"))

        def _empty_choices(self, call: Call) -> None:
            self._send(200, self._completion(call, choices=[]))

        def _empty_text(self, call: Call) -> None:
            self._send(200, self._completion(call, message={"content": ""}))

        def _no_usage(self, call: Call) -> None:
            self._send(200, self._completion(call, usage=None))

        def _cut_by_length(self, call: Call) -> None:
            self._send(200, self._completion(call, finish="length"))

        def _slow_drip(self, call: Call) -> None:
            body = self._completion(call)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self.wfile.write(head.encode())
            for position in range(len(body)):
                self.wfile.write(body[position : position + 1])
                server.sleep(call.behaviour.drip_s / len(body))

        def _wrong_content_type(self, call: Call) -> None:
            self._send(200, b"<html><body>Welcome to the proxy</body></html>", "text/html")

        def _unauthorized(self, call: Call) -> None:
            self._error(401, f"Incorrect API key provided: {call.headers.get('authorization')}", "invalid_api_key")

        def _not_found(self, call: Call) -> None:
            self._error(404, f"The model `{call.body.get('model')}` does not exist", "model_not_found")

        def _bad_request(self, call: Call) -> None:
            self._error(400, "temperature is not supported", "unsupported_value")

        def _too_large(self, call: Call) -> None:
            self._error(413, "request entity too large")

        def _context_length(self, call: Call) -> None:
            self._error(400, "maximum context length is 8192 tokens", "context_length_exceeded")

        def _quota(self, call: Call) -> None:
            self._error(429, "You exceeded your current quota", "insufficient_quota")

        def _error_in_ok(self, call: Call) -> None:
            self._send(200, json.dumps({"error": {"message": "provider failed", "code": 502}}).encode())

    return Handler


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds before each answer")
    parser.add_argument("--trouble", type=float, default=0.0, help="share of calls that go wrong, 0 to 1")
    arguments = parser.parse_args()
    dice = random.Random(0)
    trouble = ("rate_limited", "server_error", "truncated_json", "empty_choices", "wrong_content_type", "refusal")

    def behave(call: Call) -> Behaviour:
        return Behaviour(dice.choice(trouble) if dice.random() < arguments.trouble else "ok", retry_after="0.5")

    with ModelServer(behave, latency=arguments.latency, port=arguments.port) as server:
        print(server.base_url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
