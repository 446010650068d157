"""Lighthouse: dims the lamp for whoever is tired, keeps everyone else company."""

from agents import Agent
from envs.exchange import Observation, Response


class Lighthouse(Agent):
    """Listens for signs of tiredness in what the resident murmurs."""

    def __init__(self, signs=("sleep", "tired", "bed", "head")):
        self.signs = tuple(signs)

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with one of two plans."""
        tired = any(sign in observation.dialogue.lower() for sign in self.signs)
        plan = "<switchoff_bedroom_tablelamp>" if tired else "<sit_bedroom_sofa>"
        seen = "They are worn out." if tired else "Something is on their mind."
        return Response(f'{plan}, <dialogue>:"I am right here."', seen, "Be near, ask nothing.")
