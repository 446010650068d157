"""OpenGL without a screen: EGL if it works here, else OSMesa, else one clear line."""

from __future__ import annotations

import ctypes
import importlib
import logging
import multiprocessing
import os
import sys
from typing import Any

from envs.simulators.base import SimulatorUnavailable

_LOG = logging.getLogger(__name__)
_LIBRARIES = {"egl": "libEGL.so.1", "osmesa": "libOSMesa.so.8"}
_VARIABLES = ("PYOPENGL_PLATFORM", "MUJOCO_GL")


def open_context(width: int, height: int) -> tuple[Any, str]:
    """A current OpenGL context that can draw pictures off-screen, and the kind that it is (``egl`` or ``osmesa``).

    The environment variable ``MUJOCO_GL`` (``egl`` or ``osmesa``) forces one kind.

    Raises:
        SimulatorUnavailable: neither works here.
    """
    wanted = os.environ.get("MUJOCO_GL", "").strip().lower()
    kinds = [wanted] if wanted in _LIBRARIES else ["egl", "osmesa"]
    if wanted in ("disable", "disabled", "off", "false", "0"):
        raise _unavailable(f"MUJOCO_GL={wanted} switches it off")
    reasons = []
    before = {name: os.environ.get(name) for name in _VARIABLES}
    for kind in kinds:
        try:
            context = _open(kind, width, height)
            context.make_current()
        except Exception as error:  # drivers fail in many ways; each means: try the next kind
            reasons.append(f"{kind}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
            _LOG.debug("no OpenGL by %s", kind, exc_info=True)
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
            continue
        return context, kind
    raise _unavailable("; ".join(reasons))


def _open(kind: str, width: int, height: int) -> Any:
    ctypes.CDLL(_LIBRARIES[kind])  # a missing library fails here, before PyOpenGL has bound itself to it
    # Mesa's software rasteriser starts one thread a core. More than four do not help pictures of this size, and
    # worker processes side by side (vector environments) are faster without any.
    threads = 0 if multiprocessing.parent_process() is not None else min(4, os.cpu_count() or 1)
    os.environ.setdefault("LP_NUM_THREADS", str(threads))
    bound = sys.modules.get("OpenGL.platform")
    if bound is not None and kind not in type(bound.PLATFORM).__module__:
        for name in list(sys.modules):
            if name.split(".")[0] == "OpenGL" or name.startswith(("mujoco.egl", "mujoco.osmesa")):
                del sys.modules[name]  # bound to the other kind by an attempt that failed
    # MuJoCo's own loader and PyOpenGL each read a variable of their own.
    os.environ["PYOPENGL_PLATFORM"] = os.environ["MUJOCO_GL"] = kind
    if kind == "egl":
        from mujoco.egl import GLContext
    else:
        from mujoco.osmesa import GLContext
    return GLContext(width, height)


def _unavailable(reason: str) -> SimulatorUnavailable:
    return SimulatorUnavailable(
        f"expected OpenGL for pictures, got none ({reason}); on Debian install libegl1 and libgl1-mesa-dri, or libosmesa6, "
        "or use simulator=symbolic, which needs no pictures"
    )


def gl_strings() -> dict[str, str]:
    """Vendor, renderer and version of the current OpenGL context."""
    gl = importlib.import_module("OpenGL.GL")
    found = {"vendor": gl.GL_VENDOR, "renderer": gl.GL_RENDERER, "version": gl.GL_VERSION}
    return {name: (gl.glGetString(key) or b"unknown").decode(errors="replace") for name, key in found.items()}
