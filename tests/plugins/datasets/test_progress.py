from ganzoo_datasets import progress
from ganzoo_datasets.progress import patiently


def test_items_pass_and_nothing_is_shown_where_nobody_watches(monkeypatch, capsys):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    assert list(patiently("abc", 3, "Reading")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_a_bar_is_shown_on_stderr_to_one_who_has_waited(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(patiently("abc", 3, "Reading")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(progress, "PATIENCE_S", -1.0)
    assert list(patiently("abc", 3, "Reading")) == ["a", "b", "c"]
    said = capsys.readouterr()
    assert said.out == ""
    assert "Reading" in said.err
