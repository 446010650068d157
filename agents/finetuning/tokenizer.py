"""A tokenizer for models that start from nothing: byte-level BPE with Llama-3's special tokens and chat template.

It is trained on the training split's own texts. Blocks of text that stand in every prompt (the role, the list of actions,
the task) become a few tokens, lines of scripts and the 50 actions one each: a model of ten million weights on two
processor cores cannot afford to
read the same 1,700 tokens again for every moment, and what never changes tells it nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from agents.finetuning.prompting import fixed_texts, perceive
from agents.finetuning.records import short_hash
from envs.scenarios.schema import Scenario
from plans.actions import ACTIONS, NONE_ACTION

LLAMA3_SPECIAL = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|finetune_right_pad_id|>",
)
LLAMA3_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n"
    "{{ message['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
"""What Llama 3's own template writes, turn by turn."""
LONGEST_TOKEN = 200
"""Characters; the engine that keeps answers legal (llguidance) holds no token of more than about 250 bytes."""
# How Llama 3 cuts text into words before merging.
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SCRIPT_LINE = re.compile(r"\[[A-Za-z]+\]( <[a-z_]+> \(\d+\))*")


def llama3_tokenizer(texts: Sequence[str], vocabulary: int, *, max_actions: int = 4, whole_blocks: bool = True) -> Any:
    """Train a tokenizer.

    Args:
        texts: what it is trained on.
        vocabulary: most tokens.
        max_actions: of the prompts whose fixed blocks become tokens.
        whole_blocks: whether fixed blocks and actions become one token each; off, it is a plain Llama-3-like tokenizer.

    Returns:
        A ``transformers.PreTrainedTokenizerFast``; the same texts give the same tokenizer.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    blocks = [piece for text in fixed_texts(max_actions) for piece in pieces(text)] if whole_blocks else []
    lines = {line for text in texts for line in text.split("\n") if _SCRIPT_LINE.fullmatch(line)}
    blocks += sorted(lines) if whole_blocks else []
    actions = [f"<{name}>" for name in (*ACTIONS, NONE_ACTION)] + ['<dialogue>:"'] if whole_blocks else []
    bpe = Tokenizer(models.BPE(ignore_merges=True))
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(_WORDS), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(blocks) - len(actions),
        min_frequency=2,
        special_tokens=list(LLAMA3_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    bpe = _with_whole_tokens(bpe, (*blocks, *actions))
    begin, end, _, _, turn, pad = LLAMA3_SPECIAL
    fast = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token=begin, eos_token=turn, pad_token=pad)
    fast.add_special_tokens({"additional_special_tokens": [end, *LLAMA3_SPECIAL[2:4]]})
    fast.chat_template = LLAMA3_TEMPLATE
    fast.padding_side = "left"
    return fast


def _with_whole_tokens(bpe: Any, texts: Sequence[str]) -> Any:
    """The tokenizer with each text as one token of its vocabulary.

    They are no added tokens, since the engine that keeps answers legal would take those for special ones and never write them.
    """
    from tokenizers import Tokenizer, pre_tokenizers

    if not texts:
        return bpe
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    content = json.loads(bpe.to_str())
    vocabulary = content["model"]["vocab"]
    for text in texts:
        vocabulary.setdefault(as_bytes.pre_tokenize_str(text)[0][0], len(vocabulary))
    longest_first = sorted(texts, key=lambda text: (-len(text), text))
    whole = "|".join(map(_escaped, longest_first))
    steps = content["pre_tokenizer"]["pretokenizers"]
    # First they are cut out, so that no word takes their beginning along; then the words' own rule must leave them whole.
    steps[0]["pattern"]["Regex"] = f"{whole}|{steps[0]['pattern']['Regex']}"
    steps.insert(0, {"type": "Split", "pattern": {"Regex": whole}, "behavior": "Isolated", "invert": False})
    return Tokenizer.from_str(json.dumps(content))


def _escaped(text: str) -> str:
    """A text as a regular expression of the tokenizer's engine, which knows fewer escapes than Python's."""
    return re.sub(r"([\\^$.|?*+()\[\]{}-])", r"\\\1", text)


def pieces(text: str, longest: int = LONGEST_TOKEN) -> list[str]:
    """A text in as few equal pieces as are needed for none to be too long for a token."""
    count = -(-len(text) // longest)
    size = -(-len(text) // count)
    return [text[start : start + size] for start in range(0, len(text), size)]


def training_texts(scenarios: Sequence[Scenario]) -> list[str]:
    """What people wrote for these scenarios; a resident's profile once, or it would fill the vocabulary."""
    texts = dict.fromkeys(scenario.resident.profile for scenario in scenarios)
    for scenario in scenarios:
        texts |= dict.fromkeys((scenario.dialogue, scenario.situation, "\n".join(scenario.program)))
        marks = [line for part in perceive(scenario).parts() for line in str(part).split("\n")]
        texts |= dict.fromkeys(line + "\n" for line in marks if line.startswith(("[PRO", "[/", "[SEEN", "[HEARD")))
        for reference in scenario.references:
            texts |= dict.fromkeys((reference.plan.utterance or "", reference.rationale, reference.plan_nl))
    # Roles come once in a template and thousands of times in a training run.
    return [text for text in texts if text] + ["system", "user", "assistant", "Who the resident is:\n"] * 2


@lru_cache(maxsize=4)
def scenario_tokenizer(source: str, vocabulary: int, path: str | None = None) -> Any:
    """The tokenizer trained on a scenario set's train split."""
    from envs.scenarios import load_scenarios

    fast = llama3_tokenizer(training_texts(load_scenarios(source, path=path, split="train")), vocabulary)
    fast.name_or_path = f"{source}-{vocabulary}-{short_hash(fast.get_vocab())}"
    return fast
