"""Text with formulas in it."""

import pytest
from markupsafe import Markup

from ganzoo_theory.prose import formula, maths, paragraph, power, row


def shown(text):
    """A formula without its font."""
    return str(maths(text)).partition(">")[2].removesuffix("</span>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D*(x)", "<i>D</i>*(<i>x</i>)"),
        ("2 JSD ≥ −log 4", "2 JSD ≥ −log 4"),
        ("|θ| dx", "|<i>θ</i>| <i>dx</i>"),
        ("p_data < P_r", "<i>p</i>{}data</sub> &lt; <i>P</i>{}<i>r</i></sub>"),
        ("G_θ(z)", "<i>G</i>{}<i>θ</i></sub>(<i>z</i>)"),
    ],
)
def test_letters_are_symbols_and_words_are_not(text, expected):
    assert shown(text) == expected.replace("{}", '<sub style="line-height: 0">')


def test_text_holds_formulas_what_is_typed_and_links():
    text = str(paragraph("Let $x$ be <1>, run `a_b $y`, see [the paper](https://example.org/a) & more."))
    assert "<i>x</i></span> be &lt;1&gt;, run <code>a_b $y</code>" in text
    assert 'see <a href="https://example.org/a">the paper</a> &amp; more.</p>' in text


def test_an_interval_is_no_link():
    assert str(paragraph("in [0, 1] (or so)")) == "<p>in [0, 1] (or so)</p>"


@pytest.mark.parametrize(
    ("number", "expected"),
    [(3.2e-8, "3·10⁻⁸"), (9.7e-4, "1·10⁻³"), (0.0, "0"), (4.4e-10, "4·10⁻¹⁰"), (1.0, "1·10⁰"), (-2e-3, "-2·10⁻³")],
)
def test_small_numbers_are_written_with_a_power_of_ten(number, expected):
    assert power(number) == expected


def test_formulas_stand_line_by_line_and_figures_side_by_side():
    assert str(formula("a", "b")).count("<br>") == 1
    assert str(row(Markup("<b>1</b>"), Markup("<b>2</b>"))).count("<div><b>") == 2
