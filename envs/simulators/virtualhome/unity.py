"""VirtualHome's Unity client: its own ``UnityCommunication``, with failures that are typed and told in one line.

The class is loaded from where it lies in the package (see :mod:`~envs.simulators.virtualhome.executor`). Two of its methods
no longer run under current versions of Python and NumPy (``collections.Iterable``, ``numpy.fromstring``); they are replaced
here, with Pillow for OpenCV.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import importlib
import importlib.metadata
import importlib.util
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.simulators.base import SimulatorFailure, SimulatorUnavailable
from envs.simulators.virtualhome.executor import package_folder

_PACKAGE = "_virtualhome_unity_simulator"
_SIGNS = {
    "Errno 111": "connection refused",
    "Connection refused": "connection refused",
    "Read timed out": "no answer in time",
    "ConnectTimeout": "no connection in time",
    "RemoteDisconnected": "a connection that broke off",
    "Connection reset": "a connection that broke off",
}
"""What the HTTP library says at length, in few words."""
_STARTS_WITHIN = 60.0
"""How long Unity may take to start, seconds."""


class Unity:
    """A running VirtualHome, started here or reached at an address.

    Args:
        address: ``host:port`` of its HTTP server.
        executable: path of the executable to start; None if it runs already.
        timeout: seconds that one request may take.
        graphics: whether it draws; without, there are no pictures.
        display: X display for it, such as ``0``.

    Raises:
        SimulatorUnavailable: no package, no such executable, or nobody answers at the address.
    """

    def __init__(
        self,
        address: str = "127.0.0.1:8080",
        *,
        executable: str | None = None,
        timeout: float = 30.0,
        graphics: bool = True,
        display: str | None = None,
    ) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        if not host or not port.isdigit():
            raise SimulatorUnavailable(
                f"expected address as host:port, got {address!r}; set simulator.options.address=127.0.0.1:8080"
            )
        self.address = f"{host}:{port}"
        self._client: Any = None
        self._start = lambda: _module().UnityCommunication(
            url=host, port=port, file_name=None if executable is None else _executable(executable), x_display=display,
            no_graphics=not graphics, logging=False, timeout_wait=timeout,
        )  # fmt: skip
        self._executable = executable
        self.connect()

    def connect(self) -> None:
        """Start or find Unity, and wait until it answers.

        Raises:
            SimulatorUnavailable: it does not.
        """
        self.close()
        with _silent():
            try:
                # The launcher waits for an answer too, for a minute at most, and would then end the whole process.
                self._client = self._start()
            except SimulatorUnavailable:
                raise
            except (Exception, SystemExit) as error:
                told = " ".join(str(error).split())[:200] or type(error).__name__
                raise SimulatorUnavailable(f"expected VirtualHome to start from {self._executable}, got: {told}") from None
        limit = time.monotonic() + (_STARTS_WITHIN if self._executable else 0.0)
        while True:
            try:
                self.ask("answer", lambda client: client.post_command({"id": str(time.time()), "action": "idle"}))
                return
            except SimulatorFailure as error:
                if time.monotonic() >= limit:
                    self.close()
                    raise SimulatorUnavailable(
                        f"expected VirtualHome at {self.address}, got no answer ({error.reason}); start it there, or set "
                        "simulator.options.executable to its path"
                    ) from None
                time.sleep(0.5)

    @property
    def connected(self) -> bool:
        """Whether the last request was answered."""
        return self._client is not None

    def ask(self, what: str, request: Callable[[Any], Any]) -> Any:
        """Let the client do something, and say what it was for if it fails.

        Raises:
            SimulatorFailure: Unity does not answer, answers with an error, or says what nobody understands.
        """
        if self._client is None:
            raise SimulatorFailure("VirtualHome", f"expected it to {what}, but the connection is closed", "closed")
        with _silent():
            try:
                return request(self._client)
            except Exception as error:
                # The client's own exceptions carry their words as an attribute; a broken answer fails in many ways.
                raw = " ".join(str(getattr(error, "message", "") or error).split()) or type(error).__name__
                reason = next((words for sign, words in _SIGNS.items() if sign in raw), raw[:200])
                raise SimulatorFailure("VirtualHome", f"expected it to {what}, got {reason}", reason) from None

    # --- requests

    def load(self, environment: int) -> int:
        """Load an apartment (0 to 49) without anybody in it; returns how many cameras it has."""
        done = self.ask(f"load apartment {environment}", lambda client: client.reset(environment))
        if not done:
            raise SimulatorFailure("VirtualHome", f"expected it to load apartment {environment}, got a refusal", "refused")
        return int(self.ask("count cameras", lambda client: client.camera_count())[1])

    def add_camera(self, name: str, position: Sequence[float], turn: Sequence[float], field_of_view: float) -> None:
        """Give every character that is added from now on a camera: position and turn (degrees) relative to it."""
        done, told = self.ask("add a camera", lambda client: client.add_character_camera(
            list(position), list(turn), field_of_view, name))  # fmt: skip
        if not done:
            raise SimulatorFailure("VirtualHome", f"expected it to add a camera, got {told}", "refused")

    def add_character(self, resource: str, room: str) -> None:
        """Put a character into a room."""
        if not self.ask(f"add {resource}", lambda client: client.add_character(resource, initial_room=room)):
            raise SimulatorFailure("VirtualHome", f"expected it to add {resource} to the {room}, got a refusal", "refused")

    def graph(self) -> dict[str, Any]:
        """The environment graph as it is."""
        _, graph = self.ask("tell its graph", lambda client: client.environment_graph())
        if not isinstance(graph, dict) or not isinstance(graph.get("nodes"), list) or not isinstance(graph.get("edges"), list):
            raise SimulatorFailure("VirtualHome", "expected a graph of nodes and edges, got something else", "bad graph")
        return graph

    def expand(self, graph: dict[str, Any]) -> tuple[bool, str]:
        """Add what is new in a graph, and change the states that differ; whether it did, and its words."""
        done, told = self.ask("change its scene", lambda client: client.expand_scene(graph))
        return bool(done), told if isinstance(told, str) else json.dumps(told)

    def run(self, lines: Sequence[str], *, animate: bool, time_scale: float) -> tuple[bool, str]:
        """Carry out script lines; whether it did, and its words."""
        done, told = self.ask(f"carry out {lines[-1]}", lambda client: client.render_script(
            list(lines), find_solution=False, recording=False, skip_animation=not animate, time_scale=time_scale,
            processing_time_limit=60, image_synthesis=[], camera_mode=[]))  # fmt: skip
        return bool(done), told if isinstance(told, str) else json.dumps(told)

    def camera_names(self) -> list[str]:
        """The cameras of each character, in order."""
        _, names = self.ask("name its cameras", lambda client: client.character_cameras())
        return [str(name) for name in (json.loads(names) if isinstance(names, str) else names)]

    def picture(self, camera: int, mode: str, width: int, height: int) -> NDArray[np.uint8]:
        """What a camera sees: ``normal``, ``seg_inst`` or another mode; uint8, (height, width, 3)."""
        found: NDArray[np.uint8] = self.ask(
            "take a picture", lambda client: client.camera_image([camera], mode, width, height)
        )[1][0]
        return found

    def colours(self) -> dict[int, tuple[int, int, int]]:
        """The colour of each node in ``seg_inst`` pictures."""
        _, found = self.ask("tell its colours", lambda client: client.instance_colors())
        return {int(number): tuple(round(255 * float(part)) for part in colour[:3]) for number, colour in found.items()}  # type: ignore[misc]

    def close(self) -> None:
        """Let go of Unity, and end it if it was started here; safe to call twice."""
        client, self._client = self._client, None
        if client is not None:
            with _silent(), contextlib.suppress(Exception):
                client.close()


def _executable(path: str) -> str:
    found = Path(path).expanduser()
    if not found.exists():
        raise SimulatorUnavailable(
            f"{path}: expected VirtualHome's executable, got no such file; set simulator.options.executable"
        )
    return str(found.resolve())


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep what the client prints off the screen."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def version() -> str:
    """The version of the package ``virtualhome``."""
    try:
        return importlib.metadata.version("virtualhome")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


@lru_cache(maxsize=1)
def _module() -> ModuleType:
    """``comm_unity`` with a client of ours in it."""
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(package_folder() / "unity_simulator")]
    sys.modules[_PACKAGE] = package
    with _without_opencv():
        try:
            module = importlib.import_module(f"{_PACKAGE}.comm_unity")
        except ImportError as error:
            raise SimulatorUnavailable(f"expected what VirtualHome's client needs, got {error}; pip install requests") from None
    parent: Any = module.UnityCommunication

    class Client(parent):
        """VirtualHome's client, its pictures decoded by Pillow."""

        def camera_image(
            self, camera_indexes: list[int], mode: str = "normal", image_width: int = 640, image_height: int = 480
        ) -> tuple[bool, list[NDArray[np.uint8]]]:
            wanted = {"mode": mode, "image_width": image_width, "image_height": image_height}
            answer = self.post_command({"id": str(time.time()), "action": "camera_image", "intParams": camera_indexes,
                                        "stringParams": [json.dumps(wanted)]})  # fmt: skip
            if not answer["success"]:
                raise ValueError(f"no picture: {answer.get('message', 'refused')}")
            return True, [_decode(text) for text in answer["message_list"]]

    module.UnityCommunication = Client  # type: ignore[attr-defined]
    return module


@contextlib.contextmanager
def _without_opencv() -> Iterator[None]:
    """Let a module import OpenCV, which it only decodes pictures with, where there is none."""
    if "cv2" in sys.modules or importlib.util.find_spec("cv2") is not None:
        yield
        return
    sys.modules["cv2"] = ModuleType("cv2")
    try:
        yield
    finally:
        del sys.modules["cv2"]


def _decode(text: str) -> NDArray[np.uint8]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, binascii.Error) as error:
        raise ValueError(f"a picture that cannot be read ({error})") from None
