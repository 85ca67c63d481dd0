import numpy as np
import pytest

from ganzoo.evaluation.cache import FeatureCache

ARRAYS = {"features": np.arange(12, dtype=np.float32).reshape(4, 3), "count": np.array([4])}


@pytest.fixture
def said():
    return []


@pytest.fixture
def cache(tmp_path, monkeypatch, said):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    return lambda label="digits", extractor="rows", content="a" * 64: FeatureCache(
        label, extractor, content, said.append
    )


def files(tmp_path):
    return sorted(tmp_path.glob("features/*/*"))


def test_what_is_kept_comes_back(cache, said):
    cache().write("features", ARRAYS)
    found = cache().read("features")
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert not said


@pytest.mark.parametrize("other", [{"label": "mnist"}, {"extractor": "rows, but not these"}, {"content": "b" * 64}])
def test_other_images_have_their_own(cache, other):
    cache().write("features", ARRAYS)
    assert cache(**other).read("features") is None


@pytest.mark.parametrize("place", [0, 9, 40, -1])
def test_a_flipped_byte_is_noticed_anywhere(cache, tmp_path, said, place):
    cache().write("features", ARRAYS)
    (path,) = files(tmp_path)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert cache().read("features") is None
    assert said[0].endswith("its features are computed anew.")


def test_a_file_cut_short_is_noticed(cache, tmp_path, said):
    cache().write("features", ARRAYS)
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    assert cache().read("features") is None
    assert said[0].endswith("its features are computed anew.")


def test_images_that_changed_are_said_and_their_old_features_go(cache, tmp_path, said):
    cache().write("features", ARRAYS)
    changed = cache(content="b" * 64)
    changed.forget_others()
    assert said == ["The images of digits are no longer those whose features were kept: computed anew."]
    assert not files(tmp_path)


def test_the_same_images_keep_theirs(cache, tmp_path, said):
    cache().write("features", ARRAYS)
    cache().forget_others()
    assert not said
    assert len(files(tmp_path)) == 1


def test_a_cache_that_cannot_be_written_does_no_harm(cache, tmp_path, monkeypatch, said):
    (tmp_path / "features").write_text("in the way")
    cache().write("features", ARRAYS)
    assert "could not be written" in said[0]
