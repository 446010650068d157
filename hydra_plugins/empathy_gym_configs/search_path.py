"""Appends the configurations of other installed packages to Hydra's search path.

A package names the package that holds its YAML files, laid out as ours are (``agent/``, ``strategy/``, ``model/`` ...)::

    [project.entry-points."empathy_gym.conf"]
    lighthouse = "lighthouse_agent.conf"

They come after our own, so that no package can change what one of our names means.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin

GROUP = "empathy_gym.conf"


class EmpathyGymSearchPath(SearchPathPlugin):
    """Reads the entry-point group ``empathy_gym.conf``."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append ``pkg://`` of every entry, by name, in our own applications alone."""
        ours = any(element.path in ("pkg://conf", "pkg://conf/") for element in search_path.get_path())
        if not ours:
            return
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
            search_path.append(provider=f"empathy_gym:{entry.name}", path=f"pkg://{entry.value}")
