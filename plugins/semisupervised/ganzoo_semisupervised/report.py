"""The table that the command prints."""

from ganzoo.evaluation import mean_and_interval
from ganzoo_semisupervised.results import Outcome, SeedResult

COLUMNS = {
    "supervised": "supervised",
    "semisupervised": "semi-supervised",
    "probe_labelled": "probe, same labels",
    "probe_all": "probe, all labels",
}


def table(outcome: Outcome) -> str:
    """Errors of every seed, their mean with a 95 % interval, percentages, and how it was done."""
    protocol, seeds = outcome.protocol, outcome.seeds
    tests = protocol["test_images"]
    rows = [["seed", *COLUMNS.values(), "seconds"]]
    rows += [[str(s.seed), *(str(getattr(s, name)) for name in COLUMNS), f"{s.seconds:.0f}"] for s in seeds]
    errors, shares = ["mean"], ["percent"]
    for name in COLUMNS:
        mean, half = mean_and_interval([getattr(s, name) for s in seeds])
        errors.append(f"{mean:.1f}" + ("" if half is None else f" ± {half:.1f}"))
        shares.append(f"{100 * mean / tests:.2f}" + ("" if half is None else f" ± {100 * half / tests:.2f}"))
    rows += [[*errors, ""], [*shares, ""]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"Errors of {tests:,} test images:", *lines, "", *_notes(outcome)])


def _notes(outcome: Outcome) -> list[str]:
    protocol, seeds = outcome.protocol, outcome.seeds
    interval = " ±: 95 % interval of the mean, Student's t." if len(seeds) > 1 else ""
    return [
        f"Data: {protocol['dataset']}, {protocol['train_images']:,} training images of {protocol['image_shape']}; "
        f"{protocol['labels']} labelled, {protocol['labels_per_class']} of each of {protocol['classes']} classes.",
        f"Training: {protocol['epochs']} epochs, {protocol['steps']:,} steps; supervised: the same network, steps, labels "
        f"and noise, without the game. The averaged weights are tested.{interval}",
        f"Probes: logistic regression on the discriminator's features. Trained on "
        f"{outcome.machine['device']} with {outcome.machine['threads']} threads.",
    ]


def seed_line(result: SeedResult, *, tests: int) -> str:
    """One seed in a sentence, for stderr."""
    return (
        f"Seed {result.seed}: {result.supervised} errors of {tests:,} supervised, "
        f"{result.semisupervised} semi-supervised; {result.seconds:.0f} s."
    )
