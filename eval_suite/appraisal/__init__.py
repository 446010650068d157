"""Appraisal alignment: does a reply answer how the resident judges the situation, span by span (arXiv 2405.00948)?"""

from __future__ import annotations

from eval_suite.appraisal.detector import Detector, LinearDetector, ModelDetector, trained_detector
from eval_suite.appraisal.grid import Agreement, Grid, agreement, align
from eval_suite.appraisal.scores import Alignment, alignment_of, appraisal_scores, reply_alignment
from eval_suite.appraisal.spans import LABELS, Span, gold_spans

__all__ = [
    "LABELS",
    "Agreement",
    "Alignment",
    "Detector",
    "Grid",
    "LinearDetector",
    "ModelDetector",
    "Span",
    "agreement",
    "align",
    "alignment_of",
    "appraisal_scores",
    "gold_spans",
    "reply_alignment",
    "trained_detector",
]
