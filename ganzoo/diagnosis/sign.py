"""The signs by which a game is judged: what is logged under which name, and what it is called."""

from __future__ import annotations

SIGNS: dict[str, str] = {
    "pixel_reach": "share of the data's groups that are reached",
    "pixel_coverage": "coverage, in pixels",
    "pixel_precision": "precision, in pixels",
    "pixel_diversity": "diversity, in pixels",
    "told_apart": "how often real looks more real",
    "wasserstein": "real minus generated logits",
    "overfitting": "discriminator's overfitting, r_v",
    "r_t": "discriminator's certainty, r_t",
    "g_slope": "slope of the generator's loss",
    "d_slope": "slope of the discriminator's loss",
    "g_gradient": "the generator's gradient",
    "d_gradient": "the discriminator's gradient",
}
LOGITS = ("own_logits", "held_out_logits", "generated_logits")  # which the others are made of
