"""Procedural textures: floors, walls and finishes drawn with numpy, and their PNG bytes.

Every pattern is seeded by its name, so the same house has the same pixels everywhere. Patterns are greyscale-like
factors around 1 that multiply a colour, which lets one wood grain serve every wood.
"""

from __future__ import annotations

import difflib
import io
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float64]
"""(height, width, 3), 0 to 1 (patterns: factors that may exceed 1)."""

RESOLUTION = 112
"""Pixels per metre of baked floors: one pixel of a 256-pixel picture at about two metres."""


def png(image: Image) -> bytes:
    """An image as PNG bytes."""
    from PIL import Image as Pictures

    pixels = np.clip(np.round(image * 255.0), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Pictures.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def blur(image: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Gaussian blur of a (height, width) map; ``sigma`` in pixels."""
    from PIL import Image as Pictures
    from scipy.ndimage import gaussian_filter

    shrink = int(sigma // 4)
    if shrink < 2:
        return np.asarray(gaussian_filter(image, sigma, mode="nearest", truncate=3.0))
    # A wide blur has no detail to lose: do it on a small copy.
    height, width = image.shape
    size = max(1, round(width / shrink)), max(1, round(height / shrink))
    small = np.asarray(Pictures.fromarray(image.astype(np.float32)).resize(size, Pictures.Resampling.BOX))
    soft = gaussian_filter(small, sigma / shrink, mode="nearest", truncate=3.0)
    return np.asarray(Pictures.fromarray(soft).resize((width, height), Pictures.Resampling.BICUBIC), dtype=np.float64)


def _random(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def _noise(name: str, height: int, width: int, sigma: tuple[float, float]) -> NDArray[np.float64]:
    """Smooth noise that tiles, zero mean, unit deviation."""
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(_random(name).standard_normal((height, width)), sigma, mode="wrap")
    field -= field.mean()
    return np.asarray(field / max(float(field.std()), 1e-9))


def _grey(values: NDArray[np.float64]) -> Image:
    return np.repeat(values[:, :, None], 3, axis=2)


def _planks(height: int, width: int, name: str, *, board: float = 0.14, length: float = 1.3) -> Image:
    """Floor boards along x with staggered butt joints."""
    random = _random(name)
    wide, long = max(4, round(board * RESOLUTION)), round(length * RESOLUTION)
    grain = 0.030 * _noise(name + "grain", height, width, (0.7, 18.0)) + 0.018 * _noise(name + "broad", height, width, (3, 60))
    tone = np.ones((height, width))
    warm = np.zeros((height, width))
    for row in range(0, height, wide):
        offset = int(random.integers(0, long))
        for start in range(-offset, width, long):
            piece = np.s_[row : row + wide, max(0, start) : max(0, start + long)]
            tone[piece] = 1.0 + 0.055 * random.standard_normal()
            warm[piece] = 0.018 * random.standard_normal()
            if start > 0:
                tone[row : row + wide, start : start + 1] *= 0.72
        tone[row : row + 1, :] *= 0.74
    return np.stack([tone + grain + warm, tone + grain, tone + grain - warm], axis=2)


def _tiles(height: int, width: int, name: str, *, side: float = 0.3) -> Image:
    """Square tiles with light joints."""
    size = max(4, round(side * RESOLUTION))
    rows, columns = height // size + 1, width // size + 1
    tone = 1.0 + 0.028 * _random(name).standard_normal((rows, columns))
    values = np.kron(tone, np.ones((size, size)))[:height, :width] + 0.012 * _noise(name, height, width, (5, 5))
    y, x = np.mgrid[0:height, 0:width]
    joint = (x % size < 2) | (y % size < 2)
    bevel = (x % size == 2) | (y % size == 2)
    values = np.where(joint, 0.80, np.where(bevel, values * 1.04, values))
    return _grey(values)


def _checker(height: int, width: int, name: str) -> Image:
    size = round(0.3 * RESOLUTION)
    y, x = np.mgrid[0:height, 0:width]
    return _tiles(height, width, name) * _grey(np.where((x // size + y // size) % 2 == 0, 1.0, 0.78))


def _herringbone(height: int, width: int, name: str) -> Image:
    """Parquet blocks laid in a zigzag."""
    wide = round(0.09 * RESOLUTION)
    y, x = np.mgrid[0:height, 0:width]
    column = x // (4 * wide)
    slanted = np.where(column % 2 == 0, y + x % (4 * wide), y - x % (4 * wide))
    block = slanted // wide
    tone = _random(name).standard_normal(4096)[(block * 31 + column * 57) % 4096]
    grain = 0.03 * _noise(name, height, width, (2.0, 2.0))
    joint = (slanted % wide < 1) | (x % (4 * wide) < 1)
    return _grey(np.where(joint, 0.76, 1.0 + 0.05 * tone + grain))


def _carpet(height: int, width: int, name: str) -> Image:
    return _grey(1.0 + 0.045 * _noise(name, height, width, (0.6, 0.6)) + 0.02 * _noise(name + "b", height, width, (9, 9)))


def _concrete(height: int, width: int, name: str) -> Image:
    return _grey(1.0 + 0.02 * _noise(name, height, width, (20, 20)) + 0.012 * _noise(name + "b", height, width, (1.2, 1.2)))


def _plain(height: int, width: int, name: str) -> Image:
    return _grey(1.0 + 0.006 * _noise(name, height, width, (1.0, 1.0)))


Pattern = Callable[[int, int, str], Image]

FLOOR_PATTERNS: dict[str, Pattern] = {
    "planks": _planks,
    "tiles": _tiles,
    "checker": _checker,
    "herringbone": _herringbone,
    "carpet": _carpet,
    "concrete": _concrete,
}
_WOODS = ("maple", "oak", "birch", "walnut", "teak")
_DEFAULT_COLOURS = {"planks": "oak", "tiles": "porcelain", "checker": "porcelain", "herringbone": "oak", "carpet": "linen",
                    "concrete": "stone"}  # fmt: skip


def floor_finish(name: str) -> tuple[tuple[float, float, float], Pattern]:
    """Colour and pattern of a floor: a wood (``oak``), a pattern (``tiles``), or both (``sage_tiles``).

    Raises:
        ValueError: the name says neither.
    """
    from envs.household.models.materials import PALETTE, rgb

    if name in FLOOR_PATTERNS:
        return rgb(_DEFAULT_COLOURS[name]), FLOOR_PATTERNS[name]
    for pattern in FLOOR_PATTERNS:
        for colour in (name.removesuffix(f"_{pattern}"), name.removeprefix(f"{pattern}_")):
            if colour != name:
                return rgb(colour), FLOOR_PATTERNS[pattern]
    if name in _WOODS:
        return rgb(name), _planks
    if name in PALETTE or name.startswith("#"):
        return rgb(name), _plain
    near = difflib.get_close_matches(name, [*FLOOR_PATTERNS, *PALETTE], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"expected a floor such as 'oak', 'tiles' or 'sage_tiles', got {name!r}{hint}")


# --- finishes of furniture and objects: square tiles that repeat, about one repeat a metre unless the material says otherwise


def _finish_wood(name: str, size: int) -> Image:
    rings = np.sin(6.0 * _noise(name + "rings", size, size, (9, 60)) + np.mgrid[0:size, 0:size][0] * (2 * np.pi * 6 / size))
    return _grey(0.97 + 0.035 * rings + 0.025 * _noise(name, size, size, (0.8, 14)))


def _finish_fabric(name: str, size: int) -> Image:
    y, x = np.mgrid[0:size, 0:size]
    weave = 0.03 * (np.where((x // 2 + y // 2) % 2 == 0, 1.0, -1.0))
    return _grey(0.97 + weave + 0.02 * _noise(name, size, size, (1, 1)))


def _finish_knit(name: str, size: int) -> Image:
    y, x = np.mgrid[0:size, 0:size] * (2 * np.pi * 16 / size)
    return _grey(0.92 + 0.08 * np.abs(np.sin(x + 0.6 * np.sin(2 * y))))


def _finish_stripes(name: str, size: int) -> Image:
    return _grey(np.where((np.mgrid[0:size, 0:size][1] * 8 // size) % 2 == 0, 1.0, 0.78).astype(np.float64))


def _finish_checks(name: str, size: int) -> Image:
    y, x = np.mgrid[0:size, 0:size] * 8 // size
    return _grey(1.0 - 0.16 * ((x % 2) + (y % 2)))


def _finish_dots(name: str, size: int) -> Image:
    y, x = (np.mgrid[0:size, 0:size] * 6 / size) % 1.0 - 0.5
    return _grey(np.where(x * x + y * y < 0.06, 1.15, 0.9))


def _finish_brick(name: str, size: int) -> Image:
    y, x = np.mgrid[0:size, 0:size]
    row = y * 8 // size
    shifted = (x + np.where(row % 2 == 0, 0, size // 8)) % size
    joint = ((y * 8) % size < size // 12) | ((shifted * 4) % size < size // 16)
    return _grey(np.where(joint, 1.15, 0.92 + 0.05 * _noise(name, size, size, (2, 2))))


def _finish_tiles(name: str, size: int) -> Image:
    y, x = (np.mgrid[0:size, 0:size] * 4) % size
    return _grey(np.where((x < size // 20) | (y < size // 20), 0.8, 1.0))


def _finish_marble(name: str, size: int) -> Image:
    veins = np.abs(_noise(name, size, size, (12, 12)) + 0.4 * _noise(name + "b", size, size, (4, 4)))
    return _grey(1.0 - 0.18 * np.exp(-((veins / 0.09) ** 2)))


def _finish_leather(name: str, size: int) -> Image:
    return _grey(0.96 + 0.03 * _noise(name, size, size, (2, 2)) + 0.02 * _noise(name + "b", size, size, (0.8, 0.8)))


def _finish_paper(name: str, size: int) -> Image:
    return _grey(0.98 + 0.012 * _noise(name, size, size, (0.8, 0.8)))


def _finish_metal(name: str, size: int) -> Image:
    return _grey(0.97 + 0.03 * _noise(name, size, size, (0.5, 30)))


def _finish_wicker(name: str, size: int) -> Image:
    y, x = np.mgrid[0:size, 0:size] * (2 * np.pi * 8 / size)
    return _grey(0.85 + 0.15 * np.abs(np.sin(x)) * np.abs(np.cos(y / 2)))


FINISHES: dict[str, Callable[[str, int], Image]] = {
    "wood": _finish_wood, "fabric": _finish_fabric, "linen": _finish_fabric, "knit": _finish_knit, "wool": _finish_knit,
    "stripes": _finish_stripes, "checks": _finish_checks, "dots": _finish_dots, "brick": _finish_brick, "tiles": _finish_tiles,
    "marble": _finish_marble, "leather": _finish_leather, "paper": _finish_paper, "metal": _finish_metal,
    "wicker": _finish_wicker,
}  # fmt: skip
"""Finishes that a material may name as its ``texture``; each multiplies the material's colour."""


def finish(name: str, colour: tuple[float, float, float], size: int = 128) -> Image:
    """A square of a finish in a colour.

    Raises:
        ValueError: no finish has this name.
    """
    if name not in FINISHES:
        near = difflib.get_close_matches(name, FINISHES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"expected a texture among {', '.join(FINISHES)}; got {name!r}{hint}")
    return FINISHES[name](name, size) * np.asarray(colour)


def window_view(size: int = 128) -> Image:
    """What is seen through a window: a bright sky over soft hills and treetops."""
    y = np.linspace(0.0, 1.0, size)[:, None, None]
    sky = np.array([0.70, 0.86, 0.98]) * (1 - y) + np.array([0.98, 0.98, 0.94]) * y
    image = np.repeat(sky, size, axis=1)
    x = np.arange(size)
    cloud = np.clip(_noise("clouds", size, size, (5, 14)) - 0.7, 0, 1)[:, :, None] * np.clip(1.4 - 2.2 * y, 0, 1)
    image = image + (1.0 - image) * cloud
    for level, colour, waves in ((0.66, (0.72, 0.84, 0.80), 2), (0.76, (0.58, 0.75, 0.60), 3), (0.88, (0.45, 0.64, 0.45), 7)):
        edge = level + 0.035 * np.sin(2 * np.pi * waves * x / size + 9 * level) + 0.012 * np.sin(2 * np.pi * 11 * x / size)
        below = np.linspace(0.0, 1.0, size)[:, None] > edge[None, :]
        image = np.where(below[:, :, None], np.asarray(colour), image)
    return np.asarray(np.clip(image, 0, 1))
