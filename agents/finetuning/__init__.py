"""Fine-tuning: from scenarios to training data, to an adapter, to a gain that is proven.

* :mod:`agents.finetuning.records`, :mod:`~agents.finetuning.supervised`: what a model is shown, loss on the robot's words only;
* :mod:`agents.finetuning.pairs`: a better and a worse answer to the same moment, by strategy;
* :mod:`agents.finetuning.splits`: training and test residents never meet;
* :mod:`agents.finetuning.scratch`: Llama-3 architectures with random weights, from tiny to 8 billion;
* :mod:`agents.finetuning.training`: SFT, DPO, KTO, reward model, GRPO (TRL runs the loops), resumable;
* :mod:`agents.finetuning.retention`: whether general ability survived;
* :mod:`agents.finetuning.merging`, :mod:`~agents.finetuning.ladder`: adapters into weights, scores over model sizes.
"""

from __future__ import annotations

from agents.finetuning.errors import FinetuneError
from agents.finetuning.pairs import PairMix, PreferencePair, build_pairs, read_pairs, write_pairs
from agents.finetuning.records import TrainingRecord, read_records, write_records
from agents.finetuning.splits import check_leakage
from agents.finetuning.supervised import SupervisedData, build_records

__all__ = [
    "FinetuneError",
    "PairMix",
    "PreferencePair",
    "SupervisedData",
    "TrainingRecord",
    "build_pairs",
    "build_records",
    "check_leakage",
    "read_pairs",
    "read_records",
    "write_pairs",
    "write_records",
]
