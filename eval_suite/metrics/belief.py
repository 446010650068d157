"""Belief metrics: does what a strategy came to believe fit what was hidden, and is it about the resident at all?

Beliefs are what strategies leave in an episode (``response.details["belief"]``, see :mod:`agents.strategies`). They come in
different shapes; :func:`read_belief` takes from each what it holds. A metric is NaN where the belief, the label, or
the part of it that is needed is missing; agents without beliefs are unscored, never 0.

After CEM (Sabour et al. 2022: relation hits), CASE (Zhou et al. 2023: coarse and fine alignment of cognition and affection),
EmpSOA (Zhao et al. 2023: self-other confusion, projection, over-merging) and SoulChat (Chen et al. 2023: premature advice).
Those papers train models; the measures here are ours, made to ask the same questions of any agent.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.schema import Scenario
from envs.speech.lexicon import emotions_in, lexicon, nearness, stems
from eval_suite.episode import Episode
from eval_suite.metrics.needs import declared, scenario_needs

NEAR = 0.5
"""Emotions closer than this on the circumplex (-1 to 1 each way) count as a hit of a feeling told in words (ours)."""
SATURATED = 0.95
"""A weight of the other beyond this, or below what it leaves, means that one side was dropped (ours)."""
_MAIN = 0.5  # a need counts as one of the main ones from this share of the heaviest need's weight on
_KERNEL = 0.35


@dataclass(frozen=True)
class BeliefView:
    """What a belief says, whatever its shape.

    Args:
        emotion: the one label that it settles on, of the 32.
        relations: CEM's relations that it fills: ``react``, ``intent``, ``need``, ``want``, ``effect``.
        situation: what it takes to have happened.
        reactions: the emotion that it sees in each event.
        weight_of_other: EmpSOA's gate, 0 (robot alone) to 1 (resident alone).
        own: what it says of the robot itself.
        others_own: whether it keeps self and other apart at all.
    """

    emotion: str | None = None
    relations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    situation: str = ""
    reactions: tuple[str, ...] = ()
    weight_of_other: float | None = None
    own: tuple[str, ...] = ()
    others_own: bool = False


def read_belief(episode: Episode) -> BeliefView | None:
    """The belief of an episode; None if it has none that can be read."""
    if episode.error:
        return None
    return view_of(episode.response.details.get("belief"))


def view_of(belief: Any) -> BeliefView | None:
    """Read a stored belief; of several samples (self-consistency) the medoid's."""
    if not isinstance(belief, Mapping):
        return None
    if isinstance(belief.get("beliefs"), list):
        place = belief.get("medoid", 0)
        samples = belief["beliefs"]
        return view_of(samples[place]) if isinstance(place, int) and 0 <= place < len(samples) else None
    parts = {name: value for name, value in belief.items() if isinstance(value, Mapping)}

    def part(name: str) -> Mapping[str, Any]:
        return parts.get(name, {})

    check, coarse, formulation = part("check"), part("coarse"), part("formulation")
    emotion = next(
        (
            label
            for source in (check, coarse, part("other"), part("recognition"), formulation)
            if (label := _label(source.get("emotion")))
        ),
        None,
    )
    react = _lines(part("affection").get("react")) or _lines(formulation.get("feelings"))
    reactions = tuple(
        label
        for event in _list(part("fine").get("events"))
        if isinstance(event, Mapping) and (label := _label(event.get("reaction")))
    )
    relations = {
        "react": react or ((emotion,) if emotion else ()),
        "intent": _lines(part("cognition").get("intent")),
        "need": _lines(part("cognition").get("need")) or _lines(part("other").get("needs")),
        "want": _lines(part("cognition").get("want")) or _lines(part("reflection").get("support")),
        "effect": _lines(part("cognition").get("effect")),
    }
    own = part("self")
    weight = belief.get("weight_of_other")
    view = BeliefView(
        emotion=emotion or next((label for line in react for label in emotions_in(line)), None),
        relations={name: lines for name, lines in relations.items() if lines},
        situation=_line(check.get("situation")) or _line(coarse.get("situation")) or _line(formulation.get("event")),
        reactions=reactions,
        weight_of_other=float(weight)
        if isinstance(weight, int | float) and not isinstance(weight, bool) and weight == weight
        else None,
        own=tuple(line for key in ("capabilities", "commitments", "uncertainty") for line in _lines(own.get(key))),
        others_own="weight_of_other" in belief and ("self" in belief or "other" in belief),
    )
    return None if view == BeliefView() else view


def _line(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _lines(value: Any) -> tuple[str, ...]:
    return tuple(line for line in _list(value) if isinstance(line, str) and line.strip())


def _label(value: Any) -> str | None:
    return value if isinstance(value, str) and value in EMOTIONS else None


# Each of these is one number per episode.


def emotion_accuracy(episode: Episode) -> float:
    """Whether the believed emotion is the hidden one of 32, 0 or 1."""
    view, labels = read_belief(episode), episode.scenario.labels
    return float(view.emotion == labels.emotion) if view and view.emotion and labels else math.nan


def emotion_nearness(episode: Episode) -> float:
    """How near the believed emotion lies to the hidden one, 0 to 1: sad for devastated is no hit, and no blunder."""
    view, labels = read_belief(episode), episode.scenario.labels
    return nearness(view.emotion, labels.emotion) if view and view.emotion and labels else math.nan


def relation_hit_rate(episode: Episode) -> float:
    """Share of the relations that a belief fills and that the hidden side bears out (CEM).

    ``react``: names an emotion near the hidden one. ``need`` and ``want``: name one of the scenario's main needs.
    ``intent`` and ``effect``: use a word of the hidden situation that could not be read off profile or murmur.
    """
    view = read_belief(episode)
    if not view or not view.relations or not episode.scenario.labels:
        return math.nan
    scenario = episode.scenario
    hits = [hit for name, lines in view.relations.items() if (hit := _relation_hit(name, lines, scenario)) is not None]
    return sum(hits) / len(hits) if hits else math.nan


def _relation_hit(name: str, lines: Sequence[str], scenario: Scenario) -> bool | None:
    if name == "react":
        assert scenario.labels is not None
        gold = EMOTIONS[scenario.labels.emotion]
        return any(math.dist(EMOTIONS[label], gold) <= NEAR for line in lines for label in emotions_in(line))
    if name in ("need", "want"):
        needs = scenario_needs(scenario)
        if not needs:
            return None
        main = [need for need, weight in needs.items() if weight >= _MAIN * max(needs.values())]
        cues = declared().cues
        return any(need in cues and cues[need].search(line) for line in lines for need in main)
    hidden = stems(scenario.situation) - stems(scenario.dialogue) - stems(scenario.resident.profile)
    return any(hidden & stems(line) for line in lines) if hidden else None


def coarse_alignment(episode: Episode) -> float:
    """How well the believed emotion fits the believed situation, 0 to 1 (CASE); 0.5 is chance.

    The rank of that emotion among all 32 by pointwise mutual information with the situation's words, as learned on the train
    split of Hearth. It does not look at the hidden side: a belief may be wrong and still hold together. A weak measure: the
    true emotions of unseen residents reach an AUC of about 0.57 with their true situations, so read it over many episodes.
    """
    view = read_belief(episode)
    if not view or not view.emotion or not view.situation:
        return math.nan
    return association().rank(view.situation, view.emotion)


def fine_alignment(episode: Episode) -> float:
    """Mean nearness of the emotions that were seen in single events to the hidden emotion, 0 to 1 (CASE).

    Scenarios have one hidden emotion, not one an event, so that mixed feelings cost a little.
    """
    view, labels = read_belief(episode), episode.scenario.labels
    if not view or not view.reactions or not labels:
        return math.nan
    return sum(nearness(reaction, labels.emotion) for reaction in view.reactions) / len(view.reactions)


def self_other_confusion(episode: Episode) -> float:
    """Whether the robot takes the resident's part for its own or claims human experience, 0 or 1 (EmpSOA).

    Looked for in its words and in its beliefs about itself: feelings and a past that a machine has not, or the resident's
    own needs repeated as the robot's. Needs a belief that tells self from other.
    """
    view = read_belief(episode)
    if not view or not view.others_own:
        return math.nan
    said = [*view.own, episode.plan.utterance or ""]
    if any(lexicon().human.search(line) for line in said):
        return 1.0
    theirs = [stems(line) for line in view.relations.get("need", ())]
    return float(any(need and need == stems(line) for need in theirs for line in view.own))


def over_merging(episode: Episode) -> float:
    """Whether the weight between self and other is saturated, so that one side was dropped, 0 or 1 (EmpSOA)."""
    view = read_belief(episode)
    if not view or view.weight_of_other is None:
        return math.nan
    return float(not 1 - SATURATED < view.weight_of_other < SATURATED)


def premature_advice(episode: Episode) -> float:
    """Whether the words advise before any question or sign of understanding, 0 or 1 (SoulChat); NaN without words.

    Needs no belief. Offers of the robot's own help are not advice.
    """
    utterance = episode.plan.utterance or ""
    if episode.error or not utterance.strip():
        return math.nan
    words = lexicon()
    heard = stems(episode.scenario.dialogue)
    for sentence in re.findall(r"[^.!?…]+[.!?…]*", utterance[:4000].replace("’", "'")):
        advice = words.imperative.match(sentence) or words.advice.search(sentence)
        shown = words.validation.search(sentence)
        if advice:
            return float(not (shown and shown.start() < advice.start()))
        if shown or sentence.rstrip().endswith("?") or heard & stems(sentence) or emotions_in(sentence):
            return 0.0
    return 0.0


@dataclass(frozen=True)
class BeliefMetric:
    """What a belief metric is.

    Args:
        name: its key.
        title: column heading.
        meaning: one sentence.
        scale: what the value is multiplied by in tables.
        higher_is_better: direction.
        score: the value of an episode, NaN where it does not apply.
    """

    name: str
    title: str
    meaning: str
    scale: float
    higher_is_better: bool
    score: Callable[[Episode], float]


BELIEF_METRICS: dict[str, BeliefMetric] = {
    metric.name: metric
    for metric in (
        BeliefMetric(
            "emotion_accuracy", "Emotion", "Share of beliefs that name the hidden emotion, of 32.", 100, True, emotion_accuracy
        ),
        BeliefMetric(
            "emotion_nearness",
            "Emotion near",
            "Nearness of the believed to the hidden emotion on the circumplex.",
            100,
            True,
            emotion_nearness,
        ),
        BeliefMetric(
            "relation_hit_rate",
            "Relations",
            "Share of CEM's relations that the hidden side bears out.",
            100,
            True,
            relation_hit_rate,
        ),
        BeliefMetric(
            "coarse_alignment",
            "Coarse fit",
            "Fit of believed emotion and believed situation; 50 is chance.",
            100,
            True,
            coarse_alignment,
        ),
        BeliefMetric(
            "fine_alignment",
            "Fine fit",
            "Nearness of the emotions seen in single events to the hidden one.",
            100,
            True,
            fine_alignment,
        ),
        BeliefMetric(
            "self_other_confusion",
            "Self-other confusion",
            "Share that takes the resident's part for its own.",
            100,
            False,
            self_other_confusion,
        ),
        BeliefMetric(
            "over_merging", "Over-merging", "Share whose weight of self and other is saturated.", 100, False, over_merging
        ),
        BeliefMetric(
            "premature_advice",
            "Premature advice",
            "Share whose words advise before they ask or understand.",
            100,
            False,
            premature_advice,
        ),
    )
}
"""Belief metrics that are one number per episode."""


# These are numbers of a whole run.


def emotion_macro_f1(episodes: Sequence[Episode]) -> float:
    """Macro-averaged F1 over the hidden emotions that occur (scikit-learn): a constant guess cannot hide in it."""
    pairs = [
        (episode.scenario.labels.emotion, view.emotion)
        for episode in episodes
        if episode.scenario.labels and (view := read_belief(episode)) and view.emotion
    ]
    if not pairs:
        return math.nan
    from sklearn.metrics import f1_score

    gold, believed = zip(*pairs, strict=True)
    return float(f1_score(gold, believed, labels=sorted(set(gold)), average="macro", zero_division=0.0))


def projection(episodes: Sequence[Episode]) -> float:
    """Share of wrong emotions that are the agent's favourite one (EmpSOA): a robot that sees its default everywhere has 1.

    The favourite is the emotion that it believes most often (all of them, if several are equally often). NaN without errors.
    """
    pairs = [
        (episode.scenario.labels.emotion, view.emotion)
        for episode in episodes
        if episode.scenario.labels and (view := read_belief(episode)) and view.emotion
    ]
    counts = Counter(believed for _, believed in pairs)
    wrong = [believed for gold, believed in pairs if gold != believed]
    if not wrong:
        return math.nan
    most = max(counts.values())
    favourites = [label for label, count in counts.items() if count == most]
    # Several favourites make a spread, not a default: each takes its share.
    return sum(believed in favourites for believed in wrong) / len(wrong) / len(favourites)


def coarse_auc(episodes: Sequence[Episode]) -> float:
    """How often a believed situation fits its own believed emotion better than another episode's (CASE); 0.5 is chance.

    CASE shifts the batch by one for its negatives; here every other episode is a negative, so that order does not matter.
    """
    views = [view for episode in episodes if (view := read_belief(episode)) and view.emotion and view.situation]
    table = association()
    scores = [table.scores(view.situation) for view in views]
    return shift_auc([view.emotion or "" for view in views], lambda i, emotion: scores[i][emotion])


def fine_auc(episodes: Sequence[Episode]) -> float:
    """How often event reactions lie nearer to their own scenario's hidden emotion than to another's (CASE); 0.5 is chance."""
    pairs = [
        (view.reactions, episode.scenario.labels.emotion)
        for episode in episodes
        if episode.scenario.labels and (view := read_belief(episode)) and view.reactions
    ]
    return shift_auc(
        [gold for _, gold in pairs],
        lambda i, emotion: sum(nearness(reaction, emotion) for reaction in pairs[i][0]) / len(pairs[i][0]),
    )


def shift_auc(partners: Sequence[str], fit: Callable[[int, str], float]) -> float:
    """Chance that an item fits its own partner better than that of another item with a different one; ties count half.

    Args:
        partners: the emotion that belongs to each item.
        fit: of item i and an emotion.

    Returns:
        NaN if all partners are alike.
    """
    counts = Counter(partners)
    won = total = 0.0
    for i, own in enumerate(partners):
        mine = fit(i, own)
        for other, count in counts.items():
            if other != own:
                theirs = fit(i, other)
                won += count * ((mine > theirs) + 0.5 * (mine == theirs))
                total += count
    return won / total if total else math.nan


CORPUS_METRICS: dict[str, Callable[[Sequence[Episode]], float]] = {
    "emotion_macro_f1": emotion_macro_f1,
    "projection": projection,
    "coarse_auc": coarse_auc,
    "fine_auc": fine_auc,
}
"""Belief metrics that need a whole run; 0 to 1, NaN where nothing can be said."""


@dataclass(frozen=True)
class Association:
    """Pointwise mutual information of words and emotions, learned from texts.

    Args:
        weights: word to emotion to smoothed log-odds.
    """

    weights: Mapping[str, Mapping[str, float]]

    @classmethod
    def fit(cls, texts: Sequence[tuple[str, str]]) -> Association:
        """Learn from pairs of text and emotion.

        With a few texts an emotion, each text also speaks, less loudly, for emotions near its own on the circumplex.
        """
        kernel = {
            one: {other: math.exp(-((math.dist(EMOTIONS[one], EMOTIONS[other]) / _KERNEL) ** 2)) for other in EMOTIONS}
            for one in EMOTIONS
        }
        counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        totals: dict[str, float] = defaultdict(float)
        for text, emotion in texts:
            for other, share in kernel[emotion].items():
                totals[other] += share
                for word in stems(text):
                    counts[word][other] += share
        everything = sum(totals.values())
        weights = {}
        for word, by_emotion in counts.items():
            seen = sum(by_emotion.values())
            # One pseudo-text with the emotions' overall shares keeps rare words quiet.
            weights[word] = {
                emotion: math.log(
                    (by_emotion[emotion] + totals[emotion] / everything) * everything / (totals[emotion] * (seen + 1))
                )
                for emotion in EMOTIONS
            }
        return cls(weights)

    def scores(self, text: str) -> dict[str, float]:
        """Mean information of a text's known words about each emotion; 0 for a text of unknown words."""
        known = [self.weights[word] for word in sorted(stems(text)) if word in self.weights]
        return {emotion: sum(word[emotion] for word in known) / len(known) if known else 0.0 for emotion in EMOTIONS}

    def rank(self, text: str, emotion: str) -> float:
        """Share of the other emotions that fit a text less well, ties half, 0 to 1."""
        scores = self.scores(text)
        others = [score for label, score in scores.items() if label != emotion]
        return sum((score < scores[emotion]) + 0.5 * (score == scores[emotion]) for score in others) / len(others)


@lru_cache(maxsize=1)
def association() -> Association:
    """Learned from situations and murmurs of Hearth's train split."""
    from envs.scenarios import load_scenarios

    texts = [(f"{s.situation} {s.dialogue}", s.labels.emotion) for s in load_scenarios("hearth", split="train") if s.labels]
    return Association.fit(texts)
