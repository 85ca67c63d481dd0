"""Sample grids side by side, at a moment that a slider chooses."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from ganzoo.report.group import Group
from ganzoo.runs.showcase import thinned

MOST = 40  # moments

STYLE = """
<style>
.moments { display: grid; gap: 1rem; align-items: start; overflow-x: auto }
.moments figure { margin: 0 } .moments img { width: 100%; image-rendering: pixelated; display: block }
.moments img[hidden] { display: none }
.slider { position: sticky; top: 0; background: var(--ground); padding: .5rem 0 }
.slider { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: center }
.slider input { flex: 1 1 12rem; max-width: 40rem }
</style>
"""
SCRIPT = """
<script>
(() => {
  const slider = document.getElementById("moment"), told = document.getElementById("moment-told");
  const steps = JSON.parse(slider.dataset.steps);
  const show = () => {
    const step = steps[slider.value];
    told.textContent = `after ${step.toLocaleString("en")} generator updates`;
    slider.setAttribute("aria-valuetext", told.textContent);
    for (const box of document.querySelectorAll(".moments figure")) {
      let shown = null;
      for (const image of box.querySelectorAll("img")) {
        image.hidden = true;
        if (Number(image.dataset.step) <= step) shown = image;
      }
      if (shown) shown.hidden = false;
    }
  };
  slider.addEventListener("input", show);
  show();
})();
</script>
"""


class Grids(NamedTuple):
    """The grids of one run, with the generator updates after which they were drawn; and where they stand, from 1."""

    caption: str
    column: int
    row: int
    grids: Sequence[tuple[int, Path]]


def samples(groups: Sequence[Group]) -> Markup:
    """The grids of all runs: columns are groups, rows are seeds. Without the script the last ones are seen."""
    found = list(_found(groups))
    steps = thinned(sorted({step for each in found for step, _ in each.grids}), MOST)
    if not steps:
        return Markup()
    last = len(steps) - 1
    slider = Markup(
        '<label class="slider"><input id="moment" type="range" min="0" max="{}" value="{}" data-steps="{}" '
        'aria-label="moment of the training"><span id="moment-told"></span></label>'
    ).format(last, last, str(steps))
    columns = f"grid-template-columns: repeat({len(groups)}, minmax(min(11rem, 100%), 24rem))"
    boxes = Markup("\n").join(_box(each, steps) for each in sorted(found, key=lambda each: (each.row, each.column)))
    parts = [slider, Markup('<div class="moments" style="{}">{}</div>').format(columns, boxes), Markup(SCRIPT)]
    return Markup("{}<section>{}</section>").format(Markup(STYLE), Markup("\n").join(parts))


def _found(groups: Sequence[Group]) -> Iterator[Grids]:
    seeds = sorted({seed for group in groups for seed in _seeds(group)})
    alone = all(len(group.runs) == 1 for group in groups)  # then they stand in one row, whatever their seeds
    for column, group in enumerate(groups, 1):
        for seed, grids in zip(_seeds(group), group.grids(), strict=True):
            if grids:
                yield Grids(f"{group.label}, seed {seed}", column, 1 if alone else 1 + seeds.index(seed), grids)


def _seeds(group: Group) -> list[int]:
    return [resolved.config.seed for resolved, _ in group.read]


def _box(each: Grids, steps: Sequence[int]) -> Markup:
    """All grids that are seen at one of ``steps``: at each, the newest one by then."""
    seen = {max((made for made, _ in each.grids if made <= step), default=None) for step in steps}
    shown = [(step, path) for step, path in each.grids if step in seen]
    images = Markup().join(
        Markup('<img alt="{}, after {} generator updates" data-step="{}" src="data:image/png;base64,{}"{}>').format(
            each.caption,
            step,
            step,
            base64.b64encode(path.read_bytes()).decode(),
            Markup("" if step == shown[-1][0] else " hidden"),
        )
        for step, path in shown
    )
    return Markup('<figure style="grid-area: {} / {}">{}<figcaption>{}</figcaption></figure>').format(
        each.row, each.column, images, each.caption
    )
