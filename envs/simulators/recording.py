"""Recording: frames of a body acting, as a list, as a video file, or as one sheet of stills.

Example:
    with Recorder(sim, "resident", fps=10) as recorder:
        execute(program)
    write_video("resident.mp4", recorder.frames, fps=10)
"""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from envs.simulators.base import Camera, Simulator, Tick
from envs.simulators.cameras import Cinematographer

if TYPE_CHECKING:
    from PIL.Image import Image

Picture = NDArray[np.uint8]
_Item = TypeVar("_Item")


class Recorder:
    """Gathers frames of a body while something is carried out; use it as a context manager.

    Args:
        sim: a simulator that has been reset and draws.
        body: whom to follow.
        width, height: pixels.
        fps: frames per simulated second; no more than the simulator's steps can be had.
        max_frames: if more come together, they are thinned evenly to this many, first and last kept; None for no cap.
        camera: a function that gives the camera for each frame; by default a Cinematographer's.

    Attributes:
        frames: uint8 pictures (height, width, 3), in order; complete when the context ends.
        times: the simulated second of each.
    """

    def __init__(
        self,
        sim: Simulator,
        body: str,
        width: int = 256,
        height: int = 256,
        fps: float = 10.0,
        *,
        max_frames: int | None = None,
        camera: Callable[[], Camera] | None = None,
    ) -> None:
        if not fps > 0:
            raise ValueError(f"expected fps above 0, got {fps!r}")
        if max_frames is not None and max_frames < 2:
            raise ValueError(f"expected max_frames of 2 or more, or None; got {max_frames!r}")
        self.frames: list[Picture] = []
        self.times: list[float] = []
        self._sim, self._body = sim, body
        self._width, self._height = width, height
        self._fps, self._most = fps, max_frames
        self._camera = camera
        self._shots: list[tuple[float, Picture]] = []
        self._before: Tick | None = None
        self._stride = 1  # keeps memory bounded: while recording, every stride-th frame is kept
        self._due = -math.inf

    def __enter__(self) -> Self:
        """Begin: take the first frame and listen to the simulator's ticks."""
        if self._camera is None:
            household = getattr(self._sim, "household", None)
            if household is None:
                raise RuntimeError("expected a simulator after reset(household); call it before recording")
            director = Cinematographer(household, aspect=self._width / self._height)
            self._camera = lambda: director.view(self._sim, self._body)
        self._before = self._sim.tick
        self._shoot(self._sim.time)
        self._sim.tick = self._on_tick
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End: take the last frame and give the tick back."""
        self._sim.tick = self._before
        if kind is None and self._shots[-1][0] < self._sim.time:
            self._shoot(self._sim.time)
        kept = thin(self._shots, self._most)
        self.times = [time for time, _ in kept]
        self.frames = [picture for _, picture in kept]

    def _on_tick(self, time: float) -> None:
        if self._before is not None:
            self._before(time)
        # Half a millisecond of tolerance: steps and frames of equal rate must not beat against each other.
        if time >= self._due - 5e-4:
            self._shoot(time)

    def _shoot(self, time: float) -> None:
        assert self._camera is not None  # set on entering
        frame = self._sim.render(self._camera(), width=self._width, height=self._height)
        self._shots.append((time, frame.rgb))
        self._due = time + self._stride / self._fps
        if self._most is not None and len(self._shots) >= 4 * self._most:
            self._shots = self._shots[::2]
            self._stride *= 2


def thin(items: Sequence[_Item], most: int | None) -> list[_Item]:
    """At most ``most`` items, evenly spread, first and last kept."""
    if most is None or len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def write_video(path: str | Path, frames: Sequence[Picture], fps: float = 10.0) -> None:
    """Write an H.264 video (yuv420p, starts playing before it is loaded); same frames, same bytes.

    Args:
        path: the ``.mp4`` file to write.
        frames: uint8 pictures of one size, (height, width, 3); odd sizes lose their last row or column.
        fps: frames per second.

    Raises:
        ValueError: no frames, or frames of different sizes.
    """
    import imageio_ffmpeg

    if not frames:
        raise ValueError("expected at least one frame, got none")
    height, width = frames[0].shape[0] // 2 * 2, frames[0].shape[1] // 2 * 2
    if any(frame.shape != frames[0].shape for frame in frames):
        raise ValueError(f"expected frames of one size, got {sorted({frame.shape for frame in frames})}")
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps:g}", "-i", "-",
        "-c:v", "libx264", "-preset", "medium", "-crf", "28", "-pix_fmt", "yuv420p", "-threads", "1",
        # No dates and no encoder versions in the file: the same frames give the same bytes.
        "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", str(path),
    ]  # fmt: skip
    data = b"".join(np.ascontiguousarray(frame[:height, :width]).tobytes() for frame in frames)
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()[:300]
        raise RuntimeError(f"expected ffmpeg to write {path}, but it failed: {reason}")


def contact_sheet(frames: Sequence[Picture], columns: int = 4, *, gap: int = 4) -> Image:
    """All frames on one sheet, row by row.

    Raises:
        ValueError: no frames.
    """
    from PIL import Image as Pictures

    if not frames:
        raise ValueError("expected at least one frame, got none")
    columns = max(1, min(columns, len(frames)))
    height, width = frames[0].shape[:2]
    rows = -(-len(frames) // columns)
    sheet = Pictures.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), (250, 248, 244))
    for number, frame in enumerate(frames):
        row, column = divmod(number, columns)
        sheet.paste(Pictures.fromarray(frame), (gap + column * (width + gap), gap + row * (height + gap)))
    return sheet
