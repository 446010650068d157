"""What commands do after a sweep: show the folders that its jobs wrote to."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig


class AfterSweep(Callback):
    """Hydra callback: after a sweep, shows every folder that it wrote to, with one setting of the jobs there."""

    setting: str
    """Name of that setting."""

    def __init__(self) -> None:
        self.folders: dict[str, Any] = {}

    @abstractmethod
    def show(self, folder: Path, setting: Any) -> None:
        """Show what is in a folder."""

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Remember where a job writes."""
        if config.hydra.mode is RunMode.MULTIRUN:
            self.folders[str(config.out)] = config[self.setting]

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Show."""
        # Launchers with processes of their own start jobs elsewhere: then the sweep's own folder is what is known.
        for folder, setting in (self.folders or {str(config.out): config[self.setting]}).items():
            self.show(Path(folder), setting)
