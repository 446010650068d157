"""Make the pictures of the README: ``python docs/make_images.py`` writes ``docs/images/*.png``.

* ``moment.png``: one scenario from the bundled set, what the resident does and what the robot does about it;
* ``homes.png``: the three apartments, cut open;
* ``moods.png``: one resident in five moods.

Everything is rendered anew, so the pictures are always of the code that they lie beside.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from envs.household import build_household, layout_names  # noqa: E402
from envs.scenarios import load_scenarios  # noqa: E402
from envs.scenarios.emotions import manner_of  # noqa: E402
from envs.session import Session, View  # noqa: E402
from envs.simulators import make_simulator  # noqa: E402
from envs.simulators.base import RESIDENT, Camera, Look, Simulator  # noqa: E402
from envs.simulators.cameras import dollhouse_camera  # noqa: E402

OUT = ROOT / "docs" / "images"
SCENARIO = "hearth-leland_vann-hear_the_dust"
WATCHED = (0.0, 0.25, 0.55, 1.0)
DONE = (0.4, 0.6, 0.7, 1.0)
"""Which moments of the resident's and of the robot's film are shown, as shares of its length."""
MOODS = (("joyful", 3), ("content", 2), ("nostalgic", 3), ("sad", 3), ("furious", 3))
PAPER, INK, SOFT, ACCENT = (251, 249, 245), (38, 36, 34), (124, 116, 107), (15, 118, 110)
SIZE = 512
MARGIN, GAP = 36, 12

Picture = NDArray[np.uint8]


def main() -> None:
    """Make all pictures."""
    OUT.mkdir(parents=True, exist_ok=True)
    simulator = make_simulator("mujoco", samples=4)
    try:
        for name, make in (("moment", moment), ("homes", homes), ("moods", moods)):
            path = OUT / f"{name}.png"
            # The renders have few colours: a palette keeps their look at a third of the size.
            picture = make(simulator)
            palette = picture.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=4)
            picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1024:.0f} KB")
    finally:
        simulator.close()


def moment(simulator: Simulator) -> Image.Image:
    """A resident's film strip, what they say, the robot's film strip, and what it says."""
    scenario = next(item for item in load_scenarios("hearth") if item.id == SCENARIO)
    session = Session(simulator, scenario, View(SIZE, SIZE, 16, 8))
    session.observe()
    session.perform(scenario.oracle, pictures=True)
    side = 300
    width = 4 * side + 3 * GAP + 2 * MARGIN
    strips = [_strip(_moments(film, shares), side)
              for film, shares in ((session.resident_video, WATCHED), (session.robot_video, DONE))]  # fmt: skip
    labels = ("WHAT THE ROBOT WATCHES", "WHAT IT DOES   " + "   >   ".join(scenario.oracle.actions))
    words = (scenario.dialogue, scenario.oracle.utterance or "")
    sheet = Image.new("RGB", (width, 2 * side + 330), PAPER)
    draw = ImageDraw.Draw(sheet)
    y = MARGIN - 8
    for strip, label, said, colour in zip(strips, labels, words, (INK, ACCENT), strict=True):
        draw.text((MARGIN, y), label, SOFT, ImageFont.load_default(15))
        sheet.paste(strip, (MARGIN, y + 28))
        y = _paragraph(draw, (MARGIN, y + 28 + side + 14), f"\u201c{said}\u201d", width - 2 * MARGIN, colour, 24) + 22
    return sheet.crop((0, 0, width, y + 4))


def homes(simulator: Simulator) -> Image.Image:
    """The apartments as dollhouses, side by side."""
    views = []
    for name in layout_names():
        household = build_household(name, 0)
        simulator.reset(household, look=Look(top="#c2410c", bottom="#1e3a8a"))
        camera = dollhouse_camera(household, aspect=1.5)
        frame = simulator.render(camera, width=3 * SIZE // 2, height=SIZE, semantic=True)
        assert frame.semantic is not None  # asked for
        # The house stands on the page rather than on a grey card.
        views.append((name, np.where((frame.semantic == 0)[:, :, None], np.array(PAPER, np.uint8), frame.rgb)))
    return _gallery(views, 480)


def moods(simulator: Simulator) -> Image.Image:
    """One resident, standing in the same place, feeling five things."""
    household = build_household("maple", 0)
    look = Look(skin="tan", hair="bob", hair_colour="#4a2c17", top="#e0a526", bottom="#334155")
    views = []
    for emotion, intensity in MOODS:
        simulator.reset(household, look=look, manner=manner_of(emotion, intensity))
        simulator.move(RESIDENT, [(8.2, 1.55)], speed=1.0)
        simulator.face(RESIDENT, 215.0)
        simulator.wait(2.0)
        pose = simulator.pose(RESIDENT)
        angle = math.radians(200.0)
        eye = (pose.x + 2.5 * math.cos(angle), pose.y + 2.5 * math.sin(angle), 1.45)
        camera = Camera(eye, (pose.x, pose.y, 0.9), 45.0, room=household.room_at(pose.x, pose.y))
        views.append((emotion, simulator.render(camera, width=3 * SIZE // 4, height=SIZE).rgb))
    return _gallery(views, 288)


def _moments(film: Sequence[Picture], shares: Sequence[float]) -> list[Picture]:
    return [film[round(share * (len(film) - 1))] for share in shares]


def _strip(pictures: Sequence[Picture], side: int) -> Image.Image:
    strip = Image.new("RGB", (len(pictures) * (side + GAP) - GAP, side), PAPER)
    for number, picture in enumerate(pictures):
        strip.paste(_rounded(picture, side), (number * (side + GAP), 0))
    return strip


def _gallery(views: Sequence[tuple[str, Picture]], width: int) -> Image.Image:
    pictures = [_rounded(picture, width) for _, picture in views]
    height = pictures[0].height
    sheet = Image.new("RGB", (2 * MARGIN + len(views) * (width + GAP) - GAP, height + MARGIN + 62), PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, ((name, _), picture) in enumerate(zip(views, pictures, strict=True)):
        x = MARGIN + number * (width + GAP)
        sheet.paste(picture, (x, MARGIN))
        draw.text((x + width / 2, MARGIN + height + 28), name, INK, ImageFont.load_default(21), anchor="mm")
    return sheet


def _rounded(picture: Picture, width: int) -> Image.Image:
    """Scaled down, with round corners on the paper's colour."""
    image = Image.fromarray(picture)
    image = image.resize((width, round(width * image.height / image.width)), Image.Resampling.LANCZOS)
    mask = Image.new("L", (4 * image.width, 4 * image.height), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), 40, fill=255)
    return Image.composite(image, Image.new("RGB", image.size, PAPER), mask.resize(image.size, Image.Resampling.LANCZOS))


def _paragraph(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: int, colour: tuple[int, int, int], size: int
) -> int:
    """Write text in lines no longer than ``width``; returns where it ends."""
    font = ImageFont.load_default(size)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    for number, line in enumerate(lines):
        draw.text((at[0], at[1] + number * round(1.32 * size)), line, colour, font)
    return at[1] + len(lines) * round(1.32 * size)


if __name__ == "__main__":
    main()
