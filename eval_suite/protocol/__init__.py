"""Protocol measures of conversations of many turns: does the robot keep to a thread, and does it listen before it advises?

* :mod:`eval_suite.protocol.stages`: which stage of the five-stage protocol a turn works on (our reader);
* :mod:`eval_suite.protocol.measures`: drift, off-plan shares, premature advice;
* :mod:`eval_suite.protocol.conversation`: Companion episodes as conversations for judges (CTRS);
* :mod:`eval_suite.protocol.pairing`: agents compared on a resident whose turns are fixed.

The protocol (event, thoughts, feelings, behaviours, reappraisal) and the fixed turns are HELPERT's (arXiv 2409.02244). That
work describes drift and gives no number for it; the index, the reader and the advice rate are ours.
"""
