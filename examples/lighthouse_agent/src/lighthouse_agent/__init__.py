"""An agent for EmpathyGym that lives outside of its repository."""
