"""One OpenGL context per process for all Habitat simulators, and one clear line where Habitat cannot run.

The first simulator of a process owns the context that all later ones draw in, and takes it along when it is closed. Here
an empty simulator owns it and lives as long as the process, so that houses can be opened and closed in any order. Other
renderers (MuJoCo's) make contexts of their own current; :meth:`Context.use` brings Habitat's back before it draws.

Habitat ends the whole process when a context cannot be made, so what it needs is looked at first.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib
import json
import os
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from envs.simulators.base import SimulatorUnavailable

INSTALL = "install it by conda env create -f environment.yml, or as docs/habitat.md says"

_DEVICE_BASE, _CUDA_DEVICE, _PLATFORM_DEVICE = b"EGL_EXT_device_base", 0x323A, 0x313F
_NO_MAP = "no_environment_map.hdr"  # a file that is not there
_NO_USE = "location of uniform"  # said of shaders that have no use for what they are given
_QUIET = {"MAGNUM_LOG": "quiet", "HABITAT_SIM_LOG": "quiet", "MAGNUM_GPU_VALIDATION": "OFF", "GLOG_minloglevel": "2"}


def load_habitat() -> Any:
    """The module ``habitat_sim``, quiet.

    Raises:
        SimulatorUnavailable: it is not installed, or without Bullet, which moves doors.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import habitat_sim
    except ImportError as error:
        reason = str(error).splitlines()[0]
        raise SimulatorUnavailable(f"expected habitat-sim 0.3 for simulator=habitat, got none ({reason}); {INSTALL}") from None
    if not getattr(habitat_sim, "built_with_bullet", False):
        raise SimulatorUnavailable(f"expected habitat-sim with Bullet (for doors), got one without; {INSTALL}")
    return habitat_sim


@contextlib.contextmanager
def _without(*words: str) -> Iterator[None]:
    """Keep lines with certain words, which C++ code writes, off the screen; other lines go to standard error."""
    sys.stdout.flush()
    sys.stderr.flush()
    _flush_streams()
    saved = [(stream, os.dup(stream)) for stream in (1, 2)]
    with tempfile.TemporaryFile() as sink:
        for stream, _ in saved:
            os.dup2(sink.fileno(), stream)
        try:
            yield
        finally:
            _flush_streams()
            for stream, before in saved:
                os.dup2(before, stream)
                os.close(before)
            sink.seek(0)
            for line in sink:
                if not any(word.encode() in line for word in words):
                    sys.stderr.write(line.decode(errors="replace"))


def _flush_streams() -> None:
    """Let C++'s own buffered streams write what they hold."""
    ctypes.CDLL(None).fflush(None)
    with contextlib.suppress(OSError, AttributeError, ValueError):  # another standard library: the lines are seen, no more
        library = ctypes.CDLL("libstdc++.so.6")
        for stream in ("_ZSt4cout", "_ZSt4clog", "_ZSt4cerr"):
            library._ZNSo5flushEv(ctypes.byref(ctypes.c_char.in_dll(library, stream)))


def make_mediator() -> Any:
    """Habitat's keeper of templates, told to leave image-based lighting alone.

    Habitat prepares an environment map for every simulator, which takes half a minute on a processor, and which nothing
    of ours is lit by. It reads whether to from a file of the working folder, and only while the keeper is made.
    """
    habitat_sim = load_habitat()
    with tempfile.TemporaryDirectory(prefix="empathy-gym-") as folder:
        config = Path(folder) / "data" / "default.pbr_config.json"
        config.parent.mkdir()
        config.write_text(json.dumps({"enable_ibl": False, "ibl_envmap_filename": _NO_MAP}), encoding="utf-8")
        with contextlib.chdir(folder):
            return habitat_sim.metadata.MetadataMediator()


class Context:
    """The process's OpenGL context for Habitat; made once, by :func:`open_context`."""

    def __init__(self, gpu_device_id: int) -> None:
        habitat_sim = load_habitat()
        check_device(gpu_device_id)
        self.gpu_device_id = gpu_device_id
        self.process = os.getpid()
        self.thread = threading.get_ident()
        self._egl = _egl()
        self.magnum = importlib.import_module("magnum")  # comes with Habitat
        config = habitat_sim.SimulatorConfiguration()
        config.scene_id, config.gpu_device_id, config.enable_physics = "NONE", gpu_device_id, False
        sensor = habitat_sim.CameraSensorSpec()
        sensor.uuid, sensor.resolution = "colour", [8, 8]
        agent = habitat_sim.agent.AgentConfiguration(sensor_specifications=[sensor])
        self._open: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._owner = self.make(config, [agent])
        self._mine = self._current()
        self.strings = self._read_strings()

    def make(self, config: Any, agents: list[Any]) -> Any:
        """A ``habitat_sim.Simulator`` that draws in this context."""
        habitat_sim = load_habitat()
        with _without(_NO_MAP, _NO_USE):
            sim = habitat_sim.Simulator(habitat_sim.Configuration(config, agents, metadata_mediator=make_mediator()))
        self._open[id(sim)] = sim
        return sim

    def use(self) -> None:
        """Make the context current in this thread.

        Raises:
            RuntimeError: another thread, or a forked process, asks for it.
        """
        if os.getpid() != self.process or threading.get_ident() != self.thread:
            raise RuntimeError(
                "expected Habitat to be used in the thread and process that first made one, got another; make the simulator "
                "in the worker itself, and start workers by spawn"
            )
        if self._egl.eglGetCurrentContext() != self._mine[3]:
            self._set(self._mine)

    def _current(self) -> tuple[int | None, ...]:
        egl = self._egl
        return (egl.eglGetCurrentDisplay(), egl.eglGetCurrentSurface(0x3059), egl.eglGetCurrentSurface(0x305A),
                egl.eglGetCurrentContext())  # fmt: skip

    def _set(self, state: tuple[int | None, ...]) -> None:
        if state[0] is None:
            return
        self._egl.eglBindAPI(0x30A2)  # desktop OpenGL: the choice is the thread's, and others may have changed it
        if not self._egl.eglMakeCurrent(*state):
            raise SimulatorUnavailable(
                "expected Habitat's OpenGL context to become current, but EGL refused; restart the process"
            )

    def _read_strings(self) -> dict[str, str]:
        get = self._egl.eglGetProcAddress(b"glGetString")
        if not get:
            return {}
        read = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_uint)(get)
        names = {"vendor": 0x1F00, "renderer": 0x1F01, "version": 0x1F02}
        return {name: (read(key) or b"unknown").decode(errors="replace") for name, key in names.items()}

    def close(self) -> None:
        """Free the context and all that draws in it; only at the end of the process."""
        owner, self._owner = self._owner, None
        if owner is None or os.getpid() != self.process:
            return
        others = [sim for sim in self._open.values() if sim is not owner]
        try:
            self.use()
        except (RuntimeError, SimulatorUnavailable):
            # Another library has shut EGL down before us: freeing now would crash, and the process ends anyway.
            for sim in (owner, *others):
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(sim))
            return
        for sim in (*others, owner):
            sim.close(destroy=True)


_CONTEXT: Context | None = None


def open_context(gpu_device_id: int) -> Context:
    """The process's context, made when first asked for.

    Raises:
        SimulatorUnavailable: Habitat, EGL or the GPU is missing, or the process already draws on another GPU.
    """
    global _CONTEXT
    if _CONTEXT is None or _CONTEXT.process != os.getpid():
        if _CONTEXT is not None:
            raise SimulatorUnavailable(
                "expected a fresh process for Habitat, got a fork of one that drew; start workers by spawn"
            )
        _CONTEXT = Context(gpu_device_id)
        atexit.register(_CONTEXT.close)
    elif _CONTEXT.gpu_device_id != gpu_device_id:
        raise SimulatorUnavailable(
            f"expected gpu_device_id={_CONTEXT.gpu_device_id}, which this process draws on, got {gpu_device_id}; use one "
            "process for each GPU"
        )
    return _CONTEXT


def _egl() -> Any:
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError as error:
        raise _no_device(f"no libEGL.so.1: {error}") from None
    pointer = ctypes.c_void_p
    for name, result, arguments in (
        ("eglGetCurrentDisplay", pointer, []),
        ("eglGetCurrentSurface", pointer, [ctypes.c_int]),
        ("eglGetCurrentContext", pointer, []),
        ("eglMakeCurrent", ctypes.c_uint, [pointer] * 4),
        ("eglBindAPI", ctypes.c_uint, [ctypes.c_uint]),
        ("eglQueryString", ctypes.c_char_p, [pointer, ctypes.c_int]),
        ("eglGetProcAddress", pointer, [ctypes.c_char_p]),
        ("eglInitialize", ctypes.c_uint, [pointer, pointer, pointer]),
    ):
        function = getattr(egl, name)
        function.restype, function.argtypes = result, arguments
    return egl


def check_device(gpu_device_id: int) -> None:
    """Find the device that Habitat would take, before it does: it ends the process if there is none.

    Raises:
        SimulatorUnavailable: no EGL, no such GPU, or a device that does not start.
    """
    if gpu_device_id < -1:
        raise SimulatorUnavailable(f"expected gpu_device_id of -1 (no GPU) or more, got {gpu_device_id}")
    egl = _egl()
    pointer = ctypes.c_void_p
    if _DEVICE_BASE not in (egl.eglQueryString(None, 0x3055) or b"").split():
        return  # Habitat then takes EGL's default display
    query = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, ctypes.POINTER(pointer), ctypes.POINTER(ctypes.c_int))(
        egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    )
    count = ctypes.c_int(0)
    query(0, None, ctypes.byref(count))
    devices = (pointer * max(1, count.value))()
    if count.value == 0 or not query(count.value, devices, ctypes.byref(count)):
        raise _no_device("EGL lists no device")
    chosen = devices[0]
    if gpu_device_id >= 0:
        chosen = _cuda_device(egl, [devices[i] for i in range(count.value)], gpu_device_id)
    display_of = ctypes.CFUNCTYPE(pointer, ctypes.c_uint, pointer, pointer)(egl.eglGetProcAddress(b"eglGetPlatformDisplayEXT"))
    display = display_of(_PLATFORM_DEVICE, chosen, None)
    if not display or not egl.eglInitialize(display, None, None):
        raise _no_device("EGL's device does not start")


def _cuda_device(egl: Any, devices: list[Any], gpu_device_id: int) -> Any:
    pointer = ctypes.c_void_p
    text_of = ctypes.CFUNCTYPE(ctypes.c_char_p, pointer, ctypes.c_int)(egl.eglGetProcAddress(b"eglQueryDeviceStringEXT"))
    number_of = ctypes.CFUNCTYPE(ctypes.c_uint, pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_ssize_t))(
        egl.eglGetProcAddress(b"eglQueryDeviceAttribEXT")
    )
    found = []
    for device in devices:
        number = ctypes.c_ssize_t(-1)
        if b"EGL_NV_device_cuda" in (text_of(device, 0x3055) or b"").split() and number_of(device, _CUDA_DEVICE, number):
            if number.value == gpu_device_id:
                return device
            found.append(number.value)
    known = f"EGL knows {', '.join(map(str, sorted(found)))}" if found else "EGL knows no NVIDIA GPU"
    raise SimulatorUnavailable(
        f"expected a GPU that exists, got gpu_device_id={gpu_device_id} ({known}); use -1 to draw without a GPU"
    )


def _no_device(reason: str) -> SimulatorUnavailable:
    return SimulatorUnavailable(
        f"expected EGL for Habitat's pictures, got none ({reason}); on Debian install libegl1 and libgl1-mesa-dri, or use "
        "simulator=symbolic, which needs no pictures"
    )
