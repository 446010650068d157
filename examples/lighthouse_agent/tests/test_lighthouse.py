"""One test says it all: the agent keeps what every agent has to keep."""

from lighthouse_agent.agent import Lighthouse

from agents.conformance import check_agent


def test_conforms():
    """Answers, is deterministic, survives odd input, and so on."""
    report = check_agent(Lighthouse)
    assert report.passed, report
