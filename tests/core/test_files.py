import errno

import pytest

from ganzoo.files import write_whole


def test_what_was_written_is_there_and_nothing_else(tmp_path):
    write_whole(tmp_path / "a", b"one")
    write_whole(tmp_path / "a", "zwölf")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "zwölf"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_full_disk_leaves_what_was_there_and_names_the_file(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    write_whole(tmp_path / "a", "before")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(tmp_path / "a", "after")
    assert caught.value.filename == str(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
