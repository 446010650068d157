"""A local HTTP server that speaks VirtualHome's Unity protocol: JSON in, JSON out, as ``comm_unity.py`` has it.

What Unity would carry out is carried out by VirtualHome's own evolving-graph executor, on an apartment that is our household
with other ids, some of its objects missing and a few of its things called otherwise.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from envs.household import Household
from envs.simulators.virtualhome.executor import execute_script
from envs.simulators.virtualhome.graph import household_graph

STANDING_CAMERAS = 7
OWN_CAMERAS = ["PERSON_FRONT", "PERSON_TOP", "FIRST_PERSON"]
OTHER_WORDS = {"wallpictureframe": "wallpicture", "lights": "lightswitch"}
ABSENT = {"folder", "radio"}


class UnityServer:
    """A VirtualHome that runs in this process.

    Args:
        household: what its apartment is made of.
        refuse: lines with one of these words are not carried out.
    """

    def __init__(self, household: Household, *, refuse: tuple[str, ...] = ()) -> None:
        self.household, self.refuse = household, refuse
        self.requests: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.dies_after: int | None = None
        self._clear()
        self._start(0)

    def _start(self, port: int) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(request)
                if outer.dies_after is not None and len(outer.requests) > outer.dies_after:
                    self.close_connection = True  # no answer at all: the process is gone
                    return
                status, answer = outer.answer(request)
                body = json.dumps({"id": request["id"], "message": "", **answer}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def revive(self) -> None:
        """Run again at the same address, after :meth:`stop`."""
        self.dies_after = None
        self._clear()
        self._start(self.port)

    # --- what it knows

    def _clear(self) -> None:
        graph = json.loads(json.dumps(household_graph(self.household)))
        characters = {1, 2}
        absent = {node["id"] for node in graph["nodes"] if node["class_name"] in ABSENT} | characters
        graph["nodes"] = [node for node in graph["nodes"] if node["id"] not in absent]
        graph["edges"] = [edge for edge in graph["edges"] if not {edge["from_id"], edge["to_id"]} & absent]
        for node in graph["nodes"]:
            node["id"] += 300
            node["class_name"] = OTHER_WORDS.get(node["class_name"], node["class_name"])
        for edge in graph["edges"]:
            edge["from_id"] += 300
            edge["to_id"] += 300
        self.graph: dict[str, Any] = graph
        self.characters: list[int] = []
        self.cameras = list(OWN_CAMERAS)

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        words, numbers = request.get("stringParams", []), request.get("intParams", [])
        action = request["action"]
        if action in ("idle", "clear"):
            return 200, {"success": True}
        if action == "environment":
            self._clear()
            return 200, {"success": not numbers or 0 <= numbers[0] < 50}
        if action == "camera_count":
            return 200, {"success": True, "value": STANDING_CAMERAS + len(self.characters) * len(self.cameras)}
        if action == "character_cameras":
            return 200, {"success": True, "message": json.dumps(self.cameras)}
        if action == "add_character_camera":
            assert not self.characters, "cameras come before characters"
            self.cameras.append(json.loads(words[0])["camera_name"])
            return 200, {"success": True}
        if action == "add_character":
            return 200, {"success": self._add_character(json.loads(words[0]))}
        if action == "environment_graph":
            return 200, {"success": True, "message": json.dumps(self.graph)}
        if action == "expand_scene":
            return 200, {"success": True, "message": self._expand(json.loads(words[1]))}
        if action == "render_script":
            done, told = self._run(words[1:])
            return 200, {"success": done, "message": json.dumps(told)}
        if action == "instance_colors":
            colours = {str(node["id"]): _colour(node["id"]) for node in self.graph["nodes"]}
            return 200, {"success": True, "message": json.dumps(colours)}
        if action == "camera_image":
            asked = json.loads(words[0])
            return 200, {"success": True, "message_list": [self._picture(number, asked) for number in numbers]}
        return 500, {"success": False, "message": f"unknown action {action}"}

    def _add_character(self, asked: dict[str, Any]) -> bool:
        room = next((node["id"] for node in self.graph["nodes"]
                     if node["category"] == "Rooms" and node["class_name"] == asked["initial_room"]), None)  # fmt: skip
        if asked["mode"] != "fix_room" or room is None or not asked["character_resource"].startswith("Chars/"):
            return False
        number = len(self.characters) + 1
        self.graph["nodes"].append({"id": number, "class_name": "character", "category": "Characters", "properties": [],
                                    "states": [], "prefab_name": asked["character_resource"],
                                    "bounding_box": {"center": [0, 0.8, 0], "size": [0.5, 1.6, 0.5]}})  # fmt: skip
        self.graph["edges"].append({"from_id": number, "relation_type": "INSIDE", "to_id": room})
        self.characters.append(number)
        return True

    def _expand(self, wanted: dict[str, Any]) -> str:
        known = {node["id"]: node for node in self.graph["nodes"]}
        for node in wanted["nodes"]:
            if node["id"] in known:
                known[node["id"]]["states"] = node["states"]
            else:
                self.graph["nodes"].append(node)
        there = {(edge["from_id"], edge["relation_type"], edge["to_id"]) for edge in self.graph["edges"]}
        for edge in wanted["edges"]:
            if (edge["from_id"], edge["relation_type"], edge["to_id"]) not in there:
                self.graph["edges"].append(edge)
        return json.dumps({"unplaced": []})

    def _run(self, lines: list[str]) -> tuple[bool, dict[str, Any]]:
        for line in lines:
            self.lines.append(line)
            match = re.fullmatch(r"<char(\d)> (\[\w+\].*)", line)
            if match is None or any(word in line for word in self.refuse):
                return False, {"0": {"message": f"cannot carry out {line}"}}
            act, _, things = match[2].partition("]")
            verdict = execute_script(copy.deepcopy(self.graph), [f"{act.upper()}]{things}"], character=int(match[1]))
            if not verdict.accepted:
                return False, {"0": {"message": verdict.message}}
            self.graph = verdict.graph
        return True, {"0": {"message": "Success"}}

    def _picture(self, camera: int, asked: dict[str, Any]) -> str:
        from PIL import Image

        pixels = np.zeros((asked["image_height"], asked["image_width"], 3), dtype=np.uint8)
        pixels[:, :, 0] = camera  # which camera it was
        pixels[: asked["image_height"] // 2, :, 1] = 200  # the upper half is the upper half
        if asked["mode"] == "seg_inst":
            fridge = next(node["id"] for node in self.graph["nodes"] if node["class_name"] == "fridge")
            pixels[:] = [round(255 * part) for part in _colour(fridge)]
        sink = io.BytesIO()
        Image.fromarray(pixels).save(sink, format="PNG")
        return base64.b64encode(sink.getvalue()).decode()


def _colour(number: int) -> list[float]:
    return [(number * 37 % 256) / 255, (number * 101 % 256) / 255, (number * 7 % 256) / 255]
