"""Baselines: the floor (nothing, constant, frequent, random), a memory (retrieval), and the ceiling (runner-up, oracle)."""
