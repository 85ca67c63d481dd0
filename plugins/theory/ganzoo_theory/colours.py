"""Colours that are told apart in light, in darkness and by the colour-blind."""

JENSEN = "#e0792b"  # what the game of 2014 is about
WASSERSTEIN = "#3b8ad0"
OTHER = "#9a7bc4"
GENERATED = "#c8506a"
QUIET = "#888888"
