"""Hydra configurations, laid out as EmpathyGym's own: agent/, strategy/, model/ ..."""
