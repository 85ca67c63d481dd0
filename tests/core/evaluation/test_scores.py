import json

import pytest
from made_up_measures import PROTOCOL

from ganzoo.errors import ConfigError, DataError
from ganzoo.evaluation.protocol import Protocol, RealSet
from ganzoo.evaluation.scores import Evaluation, Score, Scored, only, require_alike, rows, show
from ganzoo.evaluation.tables import table


def protocol(**changes):
    return PROTOCOL.model_copy(update=changes)


def score(value=3.0, name="fid", **changes):
    return Score(name=name, value=value, better="lower", protocol=protocol(**changes))


def evaluation(*scores, name="a", graph="1" * 64, kimg=None):
    return Evaluation(scored=Scored(name=name, graph_sha256=graph, kimg=kimg), scores=scores)


@pytest.mark.parametrize(
    ("change", "field", "values"),
    [
        ({"metric": "kid"}, "metric", ("fid", "kid")),
        ({"options": {"k": 3}}, "options.k", (None, 3)),
        ({"real": {"train": RealSet(images=60_000, sha256="e" * 64)}}, "real.train.sha256", ("d" * 64, "e" * 64)),
        ({"real": {"train": RealSet(images=10_000, sha256="d" * 64)}}, "real.train.images", (60_000, 10_000)),
        ({"split": "test"}, "split", ("train", "test")),
        ({"image": (28, 28, 1)}, "image", ([32, 32, 1], [28, 28, 1])),
        ({"resizer": "box"}, "resizer", (PROTOCOL.resizer, "box")),
        ({"samples": 5_000}, "samples", (10_000, 5_000)),
        ({"classes": "uniform"}, "classes", ("none", "uniform")),
        ({"truncation": 0.5}, "truncation", (None, 0.5)),
        ({"features_sha256": "b" * 64}, "features_sha256", ("a" * 64, "b" * 64)),
        ({"features_resizer": "bilinear"}, "features_resizer", ("none", "bilinear")),
    ],
)
def test_two_scores_are_unlike_if_anything_differs_that_moves_them(change, field, values):
    assert PROTOCOL.unlike(protocol(**change))[field] == values
    with pytest.raises(DataError, match=rf"fid of a and of b cannot stand in one table(.|\n)*{field}: "):
        require_alike([evaluation(score()), evaluation(score(**change), name="b")])


def test_every_field_of_a_protocol_but_the_name_of_the_data_counts():
    assert not PROTOCOL.unlike(protocol(dataset="folder:mnist"))
    counted = set(Protocol.model_fields) - {"dataset"}
    assert counted == {key.partition(".")[0] for key in PROTOCOL.unlike(_other_in_all())}


def _other_in_all():
    return Protocol(
        metric="x",
        options={"x": 1},
        dataset="mnist",
        split="test",
        real={},
        image=(1, 1, 1),
        resizer="x",
        samples=1,
        classes="uniform",
        truncation=0.1,
        features="x",
        features_options={"x": 1},
        features_sha256="x",
        features_resizer="x",
    )


def test_alike_scores_and_different_metrics_go_together():
    require_alike([evaluation(score(), score(1.0, "kid", metric="kid")), evaluation(score(4.0), name="b")])


def test_an_evaluation_survives_being_written(tmp_path):
    before = evaluation(score(), kimg=300.0)
    before.write(tmp_path / "new" / "scores.json")
    assert Evaluation.read(tmp_path / "new" / "scores.json") == before
    assert json.loads((tmp_path / "new" / "scores.json").read_text())["format"] == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["scores.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2, "scored": {"name": "a"}, "scores": []}', "\xff" * 3])
def test_a_file_that_is_no_evaluation_is_named(tmp_path, text):
    path = tmp_path / "scores.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"scores.json (is no evaluation|cannot be read)"):
        Evaluation.read(path)


def test_what_is_measured_anew_takes_the_place_of_the_old_and_the_rest_stays():
    earlier = evaluation(score(3.0), score(5.0, split="test"))
    later = evaluation(score(4.0))
    assert [s.value for s in later.joined(earlier).scores] == [5.0, 4.0]


def test_scores_of_another_model_are_not_joined():
    later = evaluation(score(4.0))
    assert later.joined(evaluation(score(5.0, split="test"), graph="2" * 64)) == later


def test_scores_can_be_chosen_by_name_and_protocol():
    both = evaluation(score(3.0), score(5.0, split="test"), score(1.0, "kid"))
    (found,) = only([both], ["fid"], {"split": "test"})
    assert [s.value for s in found.scores] == [5.0]


def test_nothing_chosen_is_an_error():
    with pytest.raises(DataError, match="no such score"):
        only([evaluation(score())], ["kid"], {})


def test_a_field_that_protocols_lack_is_an_error():
    with pytest.raises(ConfigError, match="A protocol has no 'splot'; expected one of classes, dataset"):
        only([evaluation(score())], [], {"splot": "test"})


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (3.4159, None, "3.416"),
        (3.4159, 0.0421, "3.416 ± 0.042"),
        (123.4, 12.0, "123 ± 12"),
        (0.00123, 0.00004, "0.001230 ± 0.000040"),
        (5.0, 0.0, "5"),
        (0.9835, 3e-16, "0.9835"),
        (1.0000093, 0.0000016, "1.0000 ± 0.0000"),
    ],
)
def test_a_value_is_shown_to_the_digits_that_its_error_leaves(value, error, text):
    assert show(Score(name="x", value=value, error=error, better="lower", protocol=PROTOCOL)) == text


def test_a_table_has_a_row_for_each_model_and_a_dash_for_what_was_not_measured():
    found = rows([evaluation(score(3.0), score(1.0, "kid")), evaluation(score(4.0), name="b|c")])
    assert table(*found, form="csv") == "model,fid,kid\na,3,1\nb|c,4,-\n"
    assert table(*found, form="markdown").splitlines()[-1] == "| b\\|c | 4 | - |"
    assert table(*found, form="text").splitlines() == ["model  fid  kid", "a      3    1", "b|c    4    -"]


def test_stages_of_one_model_are_told_apart():
    found = rows([evaluation(score(), kimg=100.0), evaluation(score(), kimg=200.0)])
    assert [row[0] for row in found[1]] == ["a 100 kimg", "a 200 kimg"]


def test_a_protocol_matches_in_all_that_is_asked_of_it():
    protocol_ = protocol(options={"size": 5})
    assert protocol_.matches({"dataset": "mnist", "samples": 10_000, "options.size": 5, "image": [32, 32, 1]})
    assert protocol_.matches({"real.train.images": 60_000})
    assert not protocol_.matches({"samples": 21})
    assert not protocol_.matches({"options.siz": 5})
    with pytest.raises(ConfigError, match="no 'smaples'"):
        protocol_.matches({"smaples": 1})


def test_a_conditional_model_with_the_classes_of_the_data_compares_with_an_unconditional_one():
    assert not protocol(classes="none").unlike(protocol(classes="as in the data"))
    assert protocol(classes="none").unlike(protocol(classes="uniform"))


def test_a_hash_may_be_asked_for_by_its_beginning():
    assert PROTOCOL.matches({"features_sha256": "aaaaaaaaaaaa"})
    assert not PROTOCOL.matches({"features_sha256": "aab"})
    assert not PROTOCOL.matches({"features_sha256": ""})


def test_what_is_asked_for_in_vain_is_answered_with_what_there_is():
    with pytest.raises(DataError, match=r"no such score\. There are fid, kid; take others"):
        only([evaluation(score(), score(name="kid"))], ["fud"], {})


def test_what_was_measured_over_more_seeds_is_not_replaced_by_less():
    thrice, once = (
        score(value).model_copy(update={"seeds": (0, last)}) for value, last in ((3.0, 29_999), (4.0, 9_999))
    )
    before, later = evaluation(thrice), evaluation(once, score(name="kid"))
    assert {s.name: s.value for s in later.joined(before).scores} == {"fid": 3.0, "kid": 3.0}
    assert later.joined(evaluation(once.model_copy(update={"value": 5.0}))).scores[0].value == 4.0


def test_scores_of_other_test_images_are_unlike_even_where_the_training_images_are_the_same():
    both = {"train": RealSet(images=9, sha256="a"), "test": RealSet(images=3, sha256="b")}
    other = both | {"test": RealSet(images=3, sha256="c")}
    assert protocol(real=both).unlike(protocol(real=other)) == {"real.test.sha256": ("b", "c")}
