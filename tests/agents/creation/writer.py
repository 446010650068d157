"""A writer behind the test server: answers every stage plausibly, and wrongly now and then, each time in another way.

Runs on its own too (``python tests/agents/creation/writer.py --port 8000``), for trying the command by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.agents.models.server import Call, ModelServer  # noqa: E402

NAMES = ("Marta Oyelaran", "Joon Brask", "Ilse Quispe", "Tomas Adjei", "Wren Halloran", "Sefa Moana")
MURMURS = (
    "Well. That was that, and the kettle never even boiled.",
    "Four times I read it, and four times it says no.",
    "If the telephone rings now I shall scream. Or sing.",
    "Warm feet first. Then I can think about the rest.",
    "She saw it before I did. Clever girl, that one.",
)
PLANS = (
    (["get_mug_of_water_puton_bedroomtable", "switchon_radio"], "There is water by the sofa, and the radio is on, low."),
    (["get_pillow_puton_bedroomtable"], "I brought the pillow to the side table. It is there when you want it."),
    (["get_paper_puton_bedroomtable", "switchoff_bathroom_lights"], "Paper is on the side table, if it wants writing down."),
    (["switchon_tv"], "The television is on. We need not talk."),
    (["get_apple_puton_kitchentable"], "An apple is on the kitchen table. No hurry."),
)
TROUBLES = ("broken", "fenced", "illegal", "long", "names", "seats", "missing")


def stage_of(call: Call) -> str:
    """Which stage a call belongs to."""
    name: str = call.body["response_format"]["json_schema"]["name"]
    return "response" if name == "plan" else name


def tries_of(call: Call) -> int:
    """How many answers to the question there were before."""
    return sum(message["role"] == "assistant" for message in call.body["messages"])


def dice_of(call: Call) -> int:
    """A number made of the question, whatever was answered to it before."""
    question = json.dumps(call.body["messages"][:2])
    return int.from_bytes(hashlib.sha256(question.encode()).digest()[:6], "big")


def write(call: Call, trouble: str = "") -> str:
    """An answer that fits the stage, or one with a fault."""
    stage, dice = stage_of(call), dice_of(call) + tries_of(call)
    if trouble == "broken":
        return '{"situation": "He had only just'
    value: dict[str, Any]
    if stage == "profile":
        value = {
            "name": NAMES[dice % len(NAMES)], "age": 8 + dice % 80, "pronoun": ("she", "he", "they")[dice % 3],
            "culture": "Danish", "personality": "Dry, loyal, slow to ask", "profession": "Keeps bees and the parish accounts",
            "hobbies": "Swimming at dawn, crosswords", "social_relationships": "Lives alone; a brother across the river",
            "life_experiences": f"Moved {1 + dice % 9} times before twenty. Once sold a boat twice.",
            "look": {"skin": "olive", "hair": "bob", "hair_colour": "#AA7733", "top": "#336699", "bottom": "#222222",
                     "garment": "trousers", "height": 1.71, "build": "average", "glasses": bool(dice % 2), "beard": False},
        }  # fmt: skip
        if trouble == "missing":
            del value["look"]
        if trouble == "long":
            value["age"] = 140
    elif stage == "moment":
        value = {
            "situation": f"The letter came on a day of rain, number {dice % 1000}. Nobody was told, and somebody will ask.",
            "dialogue": MURMURS[dice % len(MURMURS)], "emotion": ("sad", "proud", "anxious")[dice % 3],
            "intensity": 1 + dice % 3,
            "needs": {"cognitive": 1, "affective": 2, "proactive": dice % 4}, "theme": "a letter at last",
        }  # fmt: skip
        if trouble == "long":
            value["dialogue"] = "word " * 16
        if trouble == "names":
            value["dialogue"] = "And then Gudrun never came, did she."
        if trouble == "illegal":
            value["emotion"] = "grumpy"
    elif stage == "response":
        complaint = call.body["messages"][-1]["content"] if tries_of(call) else ""
        free = [plan for plan in PLANS if f"exactly this ({', '.join(plan[0])})" not in complaint]
        actions, words = free[dice % len(free)]
        value = {"actions": list(actions), "dialogue": words}
        if trouble == "illegal":
            value["actions"] = ["switchon_bedroom_tablelamp"]
        if trouble == "seats":
            value["actions"] = ["sit_bed", "switchon_radio"]
        if trouble == "long":
            value["dialogue"] = "so " * 60
    elif stage == "ranking":
        letters = [line[0] for line in call.prompt.splitlines() if line in ("A.", "B.", "C.")]
        order = letters if dice % 2 else letters[::-1]
        value = {"order": order, "explanation": "It brings what the murmur asks for. The other one is kind to anybody."}
        if trouble == "missing":
            value["order"] = order[:1]
    else:
        value = {
            "natural": "I put it where they sit and said so.",
            "high_level": "Bring what is wanted within reach, say little.",
        }
        if trouble == "long":
            value["high_level"] = "and then " * 30
    text = json.dumps(value)
    return f"Here you are:\n```json\n{text}\n```" if trouble == "fenced" else text


def steady(call: Call) -> str:
    """Always right."""
    return write(call)


def clumsy(call: Call) -> str:
    """Wrong in the first answer to most questions, right when told."""
    return write(call, TROUBLES[dice_of(call) % len(TROUBLES)] if tries_of(call) == 0 else "")


def hopeless(stage: str) -> Callable[[Call], str]:
    """Never right at one stage."""
    return lambda call: write(call, "broken" if stage_of(call) == stage else "")


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--clumsy", action="store_true")
    options = parser.parse_args()
    with ModelServer(reply=clumsy if options.clumsy else steady, latency=options.latency, port=options.port) as server:
        print(server.base_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
