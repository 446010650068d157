"""What ``simulator=habitat`` says where it cannot run: one line each time, and before Habitat ends the process."""

from __future__ import annotations

import sys

import pytest

from envs.simulators import SimulatorUnavailable, make_simulator
from envs.simulators.habitat.context import check_device


def test_without_habitat_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "habitat_sim", None)
    with pytest.raises(SimulatorUnavailable, match="conda .*docs/habitat.md") as caught:
        make_simulator("habitat")
    assert "\n" not in str(caught.value)


def test_without_egl_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr("envs.simulators.habitat.context.ctypes.CDLL", missing)
    with pytest.raises(SimulatorUnavailable, match="libegl1") as caught:
        check_device(-1)
    assert "\n" not in str(caught.value)


def test_a_gpu_that_is_not_there_is_refused_before_habitat_ends_the_process() -> None:
    for number in (97, -2):
        with pytest.raises(SimulatorUnavailable, match=f"got (gpu_device_id=)?{number}|gpu_device_id of -1") as caught:
            check_device(number)
        assert "\n" not in str(caught.value)


def test_options_are_checked() -> None:
    with pytest.raises((ValueError, SimulatorUnavailable)):
        make_simulator("habitat", samples=3)
