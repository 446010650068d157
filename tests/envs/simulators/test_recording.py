"""Recording: as many frames as the time took, bounded, and files that are the same each time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from envs.simulators import Camera, Simulator
from envs.simulators.recording import Recorder, contact_sheet, thin, write_video

PATH = [(1.4, 1.2), (3.2, 1.2), (4.6, 1.5)]


def fixed() -> Camera:
    """A camera that stays."""
    return Camera((3.6, 0.4, 1.9), (1.5, 1.5, 0.8), 65.0)


def test_frames_follow_simulated_time(drawing: Simulator) -> None:
    with Recorder(drawing, "robot", 48, 32, fps=5) as recorder:
        drawing.move("robot", PATH, speed=1.0)
        drawing.wait(1.0)
    assert drawing.tick is None
    assert recorder.times[0] == 0.0
    assert recorder.times[-1] == drawing.time
    assert len(recorder.frames) == pytest.approx(drawing.time * 5, abs=0.15 * drawing.time * 5 + 2)
    assert all(frame.shape == (32, 48, 3) for frame in recorder.frames)
    changes = [np.abs(a.astype(int) - b).max() for a, b in zip(recorder.frames, recorder.frames[1:], strict=False)]
    assert all(changes)  # people breathe: no two frames are equal


def test_same_acts_same_film(drawing: Simulator, house, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    films = []
    for take in ("a", "b"):
        drawing.reset(house)
        with Recorder(drawing, "robot", 64, 64, fps=5) as recorder:
            drawing.move("robot", PATH, speed=1.2)
        path = tmp_path / f"{take}.mp4"
        write_video(path, recorder.frames, fps=5)
        films.append(path.read_bytes())
    assert films[0] == films[1]
    assert films[0].index(b"moov") < films[0].index(b"mdat")  # starts before it is loaded


def test_video_can_be_read_back(tmp_path: Path) -> None:
    import imageio_ffmpeg

    frames = [np.full((51, 71, 3), 20 * i, np.uint8) for i in range(8)]
    path = tmp_path / "film.mp4"
    write_video(path, frames, fps=4)
    reader = imageio_ffmpeg.read_frames(str(path))
    meta = next(reader)
    assert meta["size"] == (70, 50)
    assert meta["fps"] == pytest.approx(4)
    levels = [np.frombuffer(data, np.uint8).mean() for data in reader]
    assert len(levels) == 8
    assert np.allclose(levels, [20 * i for i in range(8)], atol=6)
    probe = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path)], capture_output=True, text=True, check=False)
    assert "h264" in probe.stderr
    assert "yuv420p" in probe.stderr


def test_long_recordings_are_thinned_evenly(drawing: Simulator) -> None:
    with Recorder(drawing, "robot", 16, 16, fps=10, max_frames=8, camera=fixed) as recorder:
        drawing.wait(12.0)
    assert len(recorder.frames) == 8
    assert recorder.times[0] == 0.0
    assert recorder.times[-1] == drawing.time
    gaps = np.diff(recorder.times)
    assert gaps.max() < 2.1 * gaps.min()


def test_tick_is_given_back_even_after_a_failure(drawing: Simulator) -> None:
    heard: list[float] = []
    drawing.tick = heard.append
    before = drawing.tick
    with pytest.raises(ValueError, match="unicorn"), Recorder(drawing, "robot", 16, 16, camera=fixed):
        drawing.wait(0.5)
        drawing.pose("unicorn")
    assert drawing.tick == before
    assert len(heard) == 5  # whoever listened before goes on listening


def test_nothing_acted_is_one_frame(drawing: Simulator) -> None:
    with Recorder(drawing, "robot", 16, 16, camera=fixed) as recorder:
        pass
    assert len(recorder.frames) == 1


@pytest.mark.parametrize(("count", "most"), [(0, 5), (3, 5), (5, 5), (6, 5), (100, 7), (9, None)])
def test_thinning_keeps_ends_and_order(count: int, most: int | None) -> None:
    kept = thin(list(range(count)), most)
    assert kept == sorted(set(kept))
    assert len(kept) == (count if most is None else min(count, most))
    if count:
        assert kept[0] == 0
        assert kept[-1] == count - 1


def test_contact_sheet_shows_every_frame() -> None:
    frames = [np.full((10, 20, 3), 10 * i, np.uint8) for i in range(5)]
    sheet = contact_sheet(frames, columns=3, gap=2)
    assert sheet.size == (3 * 22 + 2, 2 * 12 + 2)
    assert sheet.getpixel((2 + 22 + 5, 2 + 12 + 5)) == (40, 40, 40)


@pytest.mark.parametrize("make", [lambda path: write_video(path, []), lambda path: contact_sheet([])])
def test_empty_recordings_say_so(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(ValueError, match="at least one frame"):
        make(tmp_path / "x.mp4")


@pytest.mark.parametrize(("options", "words"), [({"fps": 0}, "fps"), ({"max_frames": 1}, "max_frames")])
def test_bad_settings_are_refused(simulator: Simulator, options: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recorder(simulator, "robot", **options)  # type: ignore[arg-type]
