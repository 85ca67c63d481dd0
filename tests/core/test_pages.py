"""Pages that work from disk."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from ganzoo import pages
from ganzoo_serve.images import png


def drawn(caption="A curve"):
    with pages.drawing(4, 2) as figure:
        axes = figure.subplots()
        axes.plot([0, 1, 2], [1, 0, 1], label="one & two")
        axes.set_xlabel("kimg")
        axes.legend()
        return pages.plot(figure, caption)


@pytest.mark.parametrize(
    "part",
    [
        pages.heading,
        pages.paragraph,
        pages.code,
        lambda text: pages.table([text], [[text]]),
        lambda text: pages.table([text], [[text]], prose=True),
        lambda text: pages.legend((text, "red", "dashed")),
        lambda text: pages.picture(b"", text),
        lambda text: pages.details(text, pages.paragraph(text)),
        lambda text: pages.page(text),
        drawn,
    ],
)
def test_text_is_text_and_no_markup(part):
    shown = str(part('<script>&"'))
    assert "<script>" not in shown
    assert "&lt;script&gt;&amp;&#34;" in shown


def test_parts_go_in_as_they_are():
    assert str(pages.details("more", pages.paragraph("a", "b"))) == (
        "<details><summary>more</summary><p>a<br>b</p></details>"
    )


def test_plots_stand_in_a_row_with_one_legend():
    shown = str(pages.row(drawn("first"), drawn("second")))
    assert shown.startswith('<div class="row"><figure')
    assert shown.count("<svg") == 2
    assert shown.index("first") < shown.index("second")
    mark = '<i style="border-top: 3px dotted #123456"></i>a line</span>'
    assert mark in pages.legend(("another", "red", "solid"), ("a line", "#123456", "dotted"))


def test_a_page_asks_nothing_of_the_network():
    picture = pages.picture(png(np.zeros((4, 4, 3), np.uint8)), "black")
    page = pages.page("All of it", pages.paragraph("text"), pages.table(["a"], [["1"]]), pages.cards(picture), drawn())
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "@import" not in page
    assert "url(http" not in page
    assert page.count("data:image/png;base64,") == 1


def test_a_plot_takes_the_colour_of_the_text_and_keeps_its_words():
    shown = str(drawn())
    assert "#010203" not in shown
    assert "currentColor" in shown
    assert "one &amp; two" in shown
    ET.fromstring(shown)  # of which a page is made: well formed


def test_the_same_plot_is_the_same_file():
    assert drawn() == drawn()
