"""A run's sample grids as a film."""

import numpy as np
import PIL.Image
import pytest
from PIL import ImageSequence

from ganzoo.config import TrainConfig
from ganzoo.errors import ConfigError, RunError
from ganzoo.runs.film import LAST_MS, MOST, MS, require_film, save_film
from ganzoo.runs.folder import moment_name
from ganzoo.training.preview import often_enough


@pytest.fixture
def samples(tmp_path):
    """``samples(3)``: a folder with so many grids, ever lighter, the newest first on disk."""

    def draw(count, mode="L"):
        folder = tmp_path / "samples"
        folder.mkdir()
        for place in reversed(range(count)):
            level = round(255 * place / max(count - 1, 1))
            PIL.Image.new(mode, (8, 4), (level,) * len(mode)).save(folder / f"{moment_name(place / 10)}.png")
        return folder

    return draw


def read(path):
    """The pictures of a film, by the mean of their pixels, and for how many milliseconds each is shown."""
    with PIL.Image.open(path) as film:
        shown = [
            (np.asarray(frame.convert("RGB")).mean(), film.info["duration"]) for frame in ImageSequence.Iterator(film)
        ]
        assert film.info["loop"] == 0  # without end
    levels, durations = zip(*shown, strict=True)
    return list(levels), list(durations)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("name", ["film.gif", "film.webp", "FILM.GIF"])
def test_a_film_has_every_picture_in_order_and_rests_on_the_last(samples, tmp_path, name, mode):
    assert save_film(samples(6, mode), tmp_path / name) == 6
    levels, durations = read(tmp_path / name)
    assert levels == [0, 51, 102, 153, 204, 255]
    assert durations == [MS] * 5 + [LAST_MS]


def test_one_picture_is_a_film_too(samples, tmp_path):
    assert save_film(samples(1), tmp_path / "film.gif") == 1
    with PIL.Image.open(tmp_path / "film.gif") as film:
        assert film.size == (8, 4)


def test_of_very_many_pictures_some_are_taken_with_the_first_and_the_last(samples, tmp_path):
    folder = samples(MOST + 50)
    assert save_film(folder, tmp_path / "film.webp") == MOST
    levels, _ = read(tmp_path / "film.webp")
    assert (levels[0], levels[-1]) == (0, 255)
    assert levels == sorted(levels)
    assert len(levels) == MOST


def test_a_film_replaces_what_was_there(samples, tmp_path):
    folder = samples(2)
    (tmp_path / "film.gif").write_bytes(b"old")
    save_film(folder, tmp_path / "film.gif")
    assert read(tmp_path / "film.gif")[0] == [0, 255]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.gif", "samples"]


@pytest.mark.parametrize("name", ["film.mp4", "film", "film.png", ".gif"])
def test_other_formats_are_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"is no film: expected a name that ends in \.gif or \.webp"):
        require_film(tmp_path / name)


def test_a_folder_that_is_not_there_is_told_before_the_work(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no folder .*nowhere for film\.gif"):
        require_film(tmp_path / "nowhere" / "film.gif")


def test_a_name_alone_is_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    require_film(tmp_path.relative_to(tmp_path) / "film.gif")


def test_no_pictures_are_no_film(tmp_path):
    with pytest.raises(RunError, match="holds no pictures yet"):
        save_film(tmp_path, tmp_path / "film.gif")
    assert list(tmp_path.iterdir()) == []


def test_grids_for_a_film_are_drawn_about_forty_times():
    often = [
        often_enough(TrainConfig(recipe="x", architecture="x", loss="x", **budget))
        for budget in (
            {"kimg": 400.0},
            {"steps": 1000, "batch_size": 80, "n_critic": 5},
            {"kimg": 4000.0},
            {"steps": 1},
        )
    ]
    assert often == [10.0, 10.0, 25.0, 0.002]
