"""Evaluation of judges: on cases with a known truth, and against earlier verdicts."""
