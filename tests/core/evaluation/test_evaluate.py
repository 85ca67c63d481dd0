import numpy as np
import pytest

from ganzoo import ImageData
from ganzoo.data.load import load_dataset
from ganzoo.errors import BrokenPlugin, ConfigError, DataError, UnknownName
from ganzoo.evaluation import Estimate, Measured
from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.sources import Images
from ganzoo.specs import Metric

DIGITS = tuple("0123456789")


@pytest.fixture
def score(measures):
    """``score(source, metrics={...})``: an evaluation against digits."""

    def run(source, **settings):
        request = Request(**({"dataset": "digits", "samples": 20} | settings))
        return evaluate(source, request, measures.registry, measures.stages)

    return run


def values(found):
    return {score.name: score.value for score in found.evaluation.scores}


def test_the_numbers_are_those_of_the_drawn_and_the_real_images(score, model, measures):
    source = model()
    found = score(source, metrics={"gap": {}})
    drawn = source.generator.sample(range(20)).mean(axis=(2, 3)) / 255
    real = load_dataset("digits", measures.registry).images.mean(axis=(2, 3)) / 255
    expected = ((drawn.mean(axis=0) - real.mean(axis=0)) ** 2).sum()
    assert values(found)["gap"] == pytest.approx(expected, rel=1e-5)


def test_without_being_asked_it_takes_the_default_metrics(score, model):
    found = score(model())
    assert list(values(found)) == ["gap", "light"]
    assert found.evaluation.notes == ("light is a note",)
    assert found.pictures["first"].shape == (16, 16, 1)


def test_options_change_the_number_and_stand_in_the_protocol(score, model):
    plain, cubed = (score(model(), metrics={"gap": options}) for options in ({}, {"power": 3}))
    assert values(plain) != values(cubed)
    assert [found.evaluation.scores[0].protocol.options for found in (plain, cubed)] == [{"power": 2}, {"power": 3}]


def test_a_protocol_says_what_the_number_depends_on(score, model):
    protocol = score(model(), metrics={"gap": {}}, split="test").evaluation.scores[0].protocol
    assert (protocol.dataset, protocol.split, list(protocol.real)) == ("digits", "test", ["test"])
    assert protocol.against == "digits (test, 297 images) at 16x16x1"
    assert (protocol.samples, protocol.image, protocol.classes) == (20, (16, 16, 1), "none")
    assert (protocol.features, protocol.features_sha256) == ("classifier", "a" * 64)
    assert len(protocol.real["test"].sha256) == 64


def test_a_number_that_looks_at_no_features_does_not_depend_on_them(score, model):
    protocol = score(model(), metrics={"more": {}}).evaluation.scores[0].protocol
    assert protocol.features is protocol.features_sha256 is None


def test_no_extractor_is_built_where_nobody_looks_at_features(score, model, measures):
    score(model(), metrics={"more": {}})
    assert not measures.plugin.extractors


def test_what_was_scored_is_told_by_its_hashes(score, model):
    source = model()
    scored = score(source, metrics={"gap": {}}).evaluation.scored
    assert (scored.name, scored.sha256, scored.weights) == ("tiny", source.generator.sha256, "ema")
    assert len(scored.graph_sha256) == 64
    assert scored.engine.startswith("onnxruntime")


def test_classes_are_as_frequent_as_in_the_data(score, model, measures):
    found = score(model(classes=DIGITS), metrics={"shares": {}}, samples=1500)
    counts = np.array(found.evaluation.details["shares"]["counts"])
    real = np.bincount(load_dataset("digits", measures.registry).labels)
    assert found.evaluation.scores[0].protocol.classes == "as in the data"
    assert np.abs(counts - real).max() < 5 * np.sqrt(real.max())


def test_classes_of_other_names_are_drawn_evenly_and_not_compared(score, model):
    source = model(classes=("left", "right"))
    assert score(source, metrics={"gap": {}}).evaluation.scores[0].protocol.classes == "uniform"
    with pytest.raises(ConfigError, match=r"shares compares class by class.*\n.*2 classes \(left, right\)"):
        score(source, metrics={"shares": {}})


def test_several_repeats_give_an_interval(score, model):
    one = [values(score(model(), metrics={"gap": {}}, first_seed=seed))["gap"] for seed in (0, 20, 40)]
    (together,) = score(model(), metrics={"gap": {}}, repeats=3).evaluation.scores
    assert together.value == pytest.approx(np.mean(one))
    # Student's t with two degrees of freedom
    assert together.error == pytest.approx(4.302653 * np.std(one, ddof=1) / np.sqrt(3), rel=1e-5)
    assert together.seeds == (0, 59)
    assert "3 sets of seeds" in together.over


def test_one_repeat_keeps_the_metric_s_own_error(score, model):
    (found,) = score(model(), metrics={"light": {}}).evaluation.scores
    assert found.error > 0
    assert found.over == "standard error over images"


def test_real_features_are_computed_once(score, model, measures):
    score(model())
    score(model())
    first, second = measures.plugin.extractors
    assert first.images == 1500 + 20
    assert second.images == 20


def test_features_of_another_extractor_are_not_taken_from_the_cache(score, model, measures):
    score(model())
    measures.plugin.identity = "a" * 63 + "b"
    score(model())
    assert measures.plugin.extractors[1].images == 1500 + 20


def test_where_only_moments_are_needed_no_features_are_kept(score, model, tmp_path):
    score(model(), metrics={"gap": {}})
    assert [path.name.split("-")[1] for path in tmp_path.glob("cache/features/*/*")] == ["moments.safetensors"]


def test_images_that_were_made_before_can_be_scored(score, measures):
    data = load_dataset("digits", measures.registry, split="test")
    found = score(Images("mine", data), samples=297, metrics={"gap": {}, "shares": {}})
    assert values(found)["classes_seen"] == 10
    assert found.evaluation.scores[0].protocol.classes == "their own"
    assert found.evaluation.scored.graph_sha256 is None


def test_no_more_images_are_scored_than_there_are(score, measures):
    data = load_dataset("digits", measures.registry, split="test")
    with pytest.raises(ConfigError, match="mine holds 297 images, 298 were asked for"):
        score(Images("mine", data), samples=298)


def test_a_metric_that_draws_needs_a_model(score, measures):
    data = load_dataset("digits", measures.registry, split="test")
    with pytest.raises(ConfigError, match="more draws images of its own: it needs a model"):
        score(Images("mine", data), metrics={"more": {}})


def test_images_higher_than_wide_are_compared_with_such(score):
    data = ImageData(images=np.zeros((30, 8, 4, 1), np.uint8))
    found = score(Images("mine", data), samples=30).evaluation.scores[0]
    assert found.protocol.image == (8, 4, 1)
    assert found.protocol.resizer == "Lanczos, largest centred part of that shape"


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"metrics": {"gab": {}}}, UnknownName, "Unknown metric 'gab'. Did you mean 'gap'"),
        ({"metrics": {"gap": {"power": "x"}}}, ConfigError, r"metrics.gap.power: Input should be a valid integer"),
        ({"features": ("clasifier", {})}, UnknownName, "Unknown feature extractor"),
        ({"dataset": "mnits"}, UnknownName, "Unknown data set"),
        ({"dataset": "folder:nowhere"}, DataError, "nowhere"),
        ({"samples": 1}, ConfigError, "expected at least 2"),
        ({"first_seed": 2**53 - 10}, ConfigError, "Seeds end at"),
    ],
)
def test_what_cannot_be_had_is_refused_with_a_sentence(score, model, settings, error, match):
    with pytest.raises(error, match=match):
        score(model(), **settings)


@pytest.mark.parametrize(
    ("measured", "match"),
    [
        (lambda c: 3.0, "gave float; expected a ganzoo.evaluation.Measured"),
        (lambda c: Measured(values={"other": 1.0}), r"gave \['other'\]; its record promises \['odd'\]"),
        (lambda c: Measured(values={"odd": float("nan")}), "gave odd = nan; expected a finite number"),
        (lambda c: Measured(values={"odd": "3"}), "gave odd = '3'; expected a finite number"),
        (lambda c: Measured(values={"odd": Estimate(1.0, -1.0, "x")}), "expected a finite number, or an Estimate"),
        (lambda c: Measured(values={"odd": 1.0}, notes="a text"), "expected a list of sentences"),
        (lambda c: Measured(values={"odd": 1.0}, details={"x": object()}), "details that are no plain data"),
        (lambda c: Measured(values={"odd": 1.0}, details={"x": float("inf")}), "details that are no plain data"),
        (lambda c: Measured(values={"odd": 1.0}, pictures={"../x": None}), r"a picture '\.\./x'; expected letters"),
        (lambda c: Measured(values={"odd": 1.0}, pictures={"x": np.zeros((2, 2, 1))}), r"no uint8 array \(h, w, c\)"),
        (lambda c: Measured(values={"odd": float(c.generated.features.mean())}), "looks at features"),
    ],
)
def test_a_metric_that_breaks_its_promises_is_named(score, model, measures, measured, match):
    record = Metric(name="odd", compute=measured, gives={"odd": "lower"}, needs=frozenset({"moments"}))
    measures.registry.metrics.add(record, "stranger")
    with pytest.raises(BrokenPlugin, match=match):
        score(model(), metrics={"odd": {}})


def test_details_of_numpy_s_types_become_plain_ones(score, model, measures):
    details = {"share": np.float32(0.5), "counts": np.arange(3), "found": np.bool_(True)}
    record = Metric(name="odd", compute=lambda c: Measured(values={"odd": 1}, details=details), gives={"odd": "lower"})
    measures.registry.metrics.add(record, "stranger")
    found = score(model(), metrics={"odd": {}}).evaluation.details["odd"]
    assert found == {"share": 0.5, "counts": [0, 1, 2], "found": True}


def test_a_metric_that_fails_takes_nothing_from_the_others(score, model, measures):
    calls = []

    def second_time(comparison):
        calls.append(comparison.seeds)
        if len(calls) == 2:
            raise DataError("no more")
        return Measured(values={"odd": 1.0})

    measures.registry.metrics.add(Metric(name="odd", compute=second_time, gives={"odd": "lower"}), "stranger")
    found = score(model(), metrics={"odd": {}, "gap": {}}, repeats=3)
    assert list(values(found)) == ["gap"]
    assert [str(error) for error in found.errors] == ["no more"]
    calls.clear()
    with pytest.raises(DataError, match="no more"):
        score(model(), metrics={"odd": {}}, repeats=2)


def test_a_bug_of_a_plugin_keeps_its_traceback_and_gains_its_name(score, model, measures):
    record = Metric(name="odd", compute=lambda c: 1 / 0, gives={"odd": "lower"})
    measures.registry.metrics.add(record, "stranger")
    with pytest.raises(ZeroDivisionError) as caught:
        score(model(), metrics={"odd": {}})
    assert "stranger" in caught.value.__notes__[0]


def test_two_metrics_of_one_number_are_not_taken_together(score, model, measures):
    record = Metric(name="twin", compute=lambda c: Measured(values={"gap": 1.0}), gives={"gap": "lower"})
    measures.registry.metrics.add(record, "stranger")
    with pytest.raises(ConfigError, match="gap and twin both give 'gap'"):
        score(model(), metrics={"gap": {}, "twin": {}})


@pytest.mark.parametrize("lacking", ["identity", "dim", "resizer"])
def test_an_extractor_without_a_name_or_size_is_named(score, model, measures, lacking):
    build = measures.registry.features.get("classifier").build

    def broken(context):
        extractor = build(context)
        setattr(extractor, lacking, None)
        return extractor

    object.__setattr__(measures.registry.features.get("classifier"), "build", broken)
    with pytest.raises(BrokenPlugin, match=f"without '{lacking}'"):
        score(model())


def sneak(comparison):
    return Measured(values={"odd": float(comparison.extractor.dim)})


@pytest.mark.parametrize(
    ("compute", "missing"),
    [
        (sneak, "extractor"),
        (lambda c: c.generator.name, "generator"),
        (lambda c: c.generated.images, "images"),
        (lambda c: c.reference.images, "images"),
        (lambda c: c.reference.labels, "labels"),
    ],
)
def test_a_metric_is_shown_what_it_needs_and_nothing_else_whatever_others_need(
    score, model, measures, compute, missing
):
    record = Metric(name="odd", compute=compute, gives={"odd": "lower"})
    measures.registry.metrics.add(record, "stranger")
    everything = {"gap": {}, "light": {}, "more": {}, "odd": {}}
    (error,) = score(model(), metrics=everything).errors
    assert isinstance(error, BrokenPlugin)
    assert "stranger" in str(error)
    assert f"needs={{'{missing}'}}" in str(error)


def test_real_images_that_a_metric_looked_at_stand_in_its_protocol(score, model, measures):
    def both(comparison):
        means = [comparison.real(split).images.mean() for split in ("train", "test")]
        return Measured(values={"apart": float(means[0] - means[1])})

    record = Metric(name="apart", compute=both, gives={"apart": "neither"}, needs={"images"})
    measures.registry.metrics.add(record, "stranger")
    scores = score(model(), metrics={"apart": {}, "gap": {}, "more": {}}).evaluation.scores
    looked_at = {found.name: sorted(found.protocol.real) for found in scores}
    assert looked_at == {"apart": ["test", "train"], "gap": ["train"], "more": []}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"dim": 3}, r"features of shape \(20, 16\); expected \(20, 3\)"),
        ({"num_classes": 3}, "probabilities of shape"),
    ],
)
def test_an_extractor_that_breaks_its_promises_is_named(score, model, measures, change, match):
    build = measures.registry.features.get("classifier").build

    def broken(context):
        extractor = build(context)
        for name, value in change.items():
            setattr(extractor, name, value)
        return extractor

    object.__setattr__(measures.registry.features.get("classifier"), "build", broken)
    with pytest.raises(BrokenPlugin, match=match):
        score(model())
