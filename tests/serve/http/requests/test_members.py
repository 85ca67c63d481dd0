import pytest
from pydantic import ConfigDict, Field, ValidationError

from ganzoo_serve.http.problem import from_findings
from ganzoo_serve.http.requests import members
from ganzoo_serve.http.requests.members import Members, Truncation


class Asked(Members):
    """A record as routes have it."""

    model_config = ConfigDict(strict=True)

    seeds: list[int] | None = None
    class_: int | None = Field(None, alias="class")
    truncation: Truncation = None


def refusal(given):
    with pytest.raises(ValidationError) as refused:
        Asked.model_validate(given)
    return from_findings(refused.value.errors(include_input=False, include_url=False), inside=("body",))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sedes": [1]}, "body.sedes: There is no such member. Did you mean 'seeds'?"),
        ({"clas": 1}, "body.clas: There is no such member. Did you mean 'class'?"),
        ({"zzz": 1}, "body.zzz: There is no such member. Expected one of seeds, class, truncation"),
        ({"{zzz}": 1}, "body.{zzz}: There is no such member. Expected one of seeds, class, truncation"),
        ({"seeds": ["{1}"]}, "body.seeds.0: Input should be a valid integer"),
        ({"truncation": 2.0}, "body.truncation: Input should be less than or equal to 1"),
        ([], "body: Input should be an object"),
    ],
)
def test_what_is_wrong_is_said_with_what_was_meant(given, said):
    assert str(refusal(given)) == said


def test_what_is_right_passes():
    asked = Asked.model_validate({"class": 1, "seeds": [3]})
    assert (asked.class_, asked.seeds, asked.truncation) == (1, [3], None)


def test_of_many_members_only_as_many_are_looked_at_as_anybody_reads(monkeypatch):
    looked_up = []
    monkeypatch.setattr(members, "did_you_mean", lambda name, known: looked_up.append(name) or "")
    assert len(refusal({f"member{number}": 1 for number in range(1000)}).errors) == len(looked_up) == 20


def test_a_long_name_does_not_come_back():
    problem = refusal({"x" * 10**6: 1})
    assert len(str(problem)) < 200
    assert len(str(problem.errors)) < 200
