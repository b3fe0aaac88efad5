"""How good a judge is: on cases with a known truth, and against what was said before."""
