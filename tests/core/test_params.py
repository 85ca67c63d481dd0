"""What is typed, as the commands get it."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganzoo.params import MAX_SEEDS, MetricList, ModelName, NameWithOptions, Seeds, Setting, Trainings, parse_value


def convert(kind, text):
    return kind.convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("42", [42]),
        ("0-3", [0, 1, 2, 3]),
        ("7-7", [7]),
        ("1,5,10-12", [1, 5, 10, 11, 12]),
        (" 3 , 1 ", [3, 1]),
        ("5,5", [5, 5]),
        ("9007199254740991", [2**53 - 1]),
    ],
)
def test_seeds_are_read_in_the_order_given(text, seeds):
    assert convert(Seeds(), text) == seeds


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 20)), min_size=1, max_size=5))
def test_every_list_of_ranges_gives_each_of_its_seeds(ranges):
    text = ",".join(f"{first}-{first + more}" if more else str(first) for first, more in ranges)
    assert convert(Seeds(), text) == [first + i for first, more in ranges for i in range(more + 1)]


@given(st.text(max_size=30))
def test_any_text_is_a_list_of_seeds_or_misuse(text):
    try:
        seeds = convert(Seeds(), text)
    except click.BadParameter:
        return
    assert seeds
    assert all(isinstance(seed, int) and seed >= 0 for seed in seeds)


@pytest.mark.parametrize("text", ["", "a", "-1", "1-", "1,,2", "1.5", "1-2-3", "0x10", "²", "9" * 5000])
def test_what_is_no_list_of_seeds_is_shown_shortly_with_what_was_expected(text):
    with pytest.raises(click.BadParameter, match=r"is no list of seeds; expected 42, 0-63 or 1,5,10-12\.") as caught:
        convert(Seeds(), text)
    assert len(str(caught.value)) < 130


def test_a_range_that_runs_backwards_is_turned_round_in_the_message():
    with pytest.raises(click.BadParameter, match="'9-3' runs backwards; expected 3-9"):
        convert(Seeds(), "9-3")


@pytest.mark.parametrize("text", ["0-1000000", "0-999999,5", "0-99999999999999999999"])
def test_more_seeds_than_memory_is_good_for_are_refused_before_they_are_counted_out(text):
    with pytest.raises(click.BadParameter, match="asks for more than 1,000,000 seeds at once"):
        convert(Seeds(), text)
    assert len(convert(Seeds(), "0-999999")) == MAX_SEEDS


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("8", 8),
        ("true", True),
        ("null", None),
        ("[0.5, 0.9]", [0.5, 0.9]),
        ('"8"', "8"),
        (" cpu ", "cpu"),
        ("", ""),
        ("größe", "größe"),
        ("[1,", "[1,"),
        ("9" * 5000, "9" * 5000),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_a_value_is_json_where_it_can_be_and_text_elsewhere(text, value):
    assert parse_value(text) == value


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("seed=4", ("seed", 4)),
        (" optimizer_d.lr = 1e-4 ", ("optimizer_d.lr", 1e-4)),
        ("dataset=folder:a=b", ("dataset", "folder:a=b")),
        ("seed=", ("seed", "")),
    ],
)
def test_a_setting_is_split_at_the_first_equals_sign(text, setting):
    assert convert(Setting(), text) == setting


@pytest.mark.parametrize("text", ["", "seed", "=4", " = 4", ".=1", "a..b=1", "optimizer_d.=1"])
def test_what_is_no_setting_comes_with_an_example(text):
    with pytest.raises(
        click.BadParameter, match=r"is no setting; expected KEY=VALUE, for example optimizer_d\.lr=1e-4"
    ):
        convert(Setting(), text)


@pytest.mark.parametrize(
    ("text", "technique"),
    [
        ("r1", ("r1", {})),
        ("r1:", ("r1", {})),
        ("r1:gamma=1,interval=16", ("r1", {"gamma": 1, "interval": 16})),
        ("gp: weight = 2.5 ,", ("gp", {"weight": 2.5})),
    ],
)
def test_a_technique_is_a_name_and_its_options(text, technique):
    assert convert(NameWithOptions(), text) == technique


@pytest.mark.parametrize("text", ["r1:gamma", "r1:=1", "r1:gamma=1,interval"])
def test_what_is_no_option_of_a_technique_comes_with_what_was_expected(text):
    with pytest.raises(click.BadParameter, match=r"is no option; expected r1:OPTION=VALUE,\.\.\."):
        convert(NameWithOptions(), text)


def test_a_model_is_called_as_near_to_its_name_as_an_address_allows():
    assert convert(ModelName(), "My Digits!") == "my-digits"
    with pytest.raises(click.BadParameter, match="No model name can be made of '日本'"):
        convert(ModelName(), "日本")


@pytest.mark.parametrize("kind", [Seeds(), Setting(), NameWithOptions()])
def test_what_was_read_already_passes(kind):
    value = {"seeds": [1], "key=value": ("a", 1)}.get(kind.name, ("r1", {}))
    assert convert(kind, value) is value


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", [0, 1, 2]), ("1", [0]), ("5,7", [5, 7]), ("5,", [5]), (" 2 , 0", [2, 0]), ("0-4", [0, 1, 2, 3, 4])],
)
def test_trainings_are_a_number_or_their_seeds(text, seeds):
    assert convert(Trainings(), text) == seeds


@pytest.mark.parametrize("text", ["", "0", "-1", "1,1", "a", "1,,2", "²", "9" * 30, "5000"])
def test_other_trainings_are_refused(text):
    with pytest.raises(click.BadParameter):
        convert(Trainings(), text)


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("fid, kid", {"fid": {}, "kid": {}}),
        ("kid:subsets=50,size=500", {"kid": {"subsets": 50, "size": 500}}),
        ("fid,kid:subsets=50,is", {"fid": {}, "kid": {"subsets": 50}, "is": {}}),
        ("a:x=1,b:y=c:d,z=2", {"a": {"x": 1}, "b": {"y": "c:d", "z": 2}}),
    ],
)
def test_metrics_are_names_with_options_of_their_own(text, metrics):
    assert convert(MetricList(), text) == metrics


@pytest.mark.parametrize("text", ["kid:subsets", "a=1"])
def test_what_is_no_list_of_metrics_is_misuse(text):
    with pytest.raises(click.BadParameter, match="expected"):
        convert(MetricList(), text)
