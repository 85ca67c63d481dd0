import pytest


@pytest.fixture(autouse=True)
def _no_network(tmp_path, monkeypatch):
    """An empty cache, and a proxy at which nobody answers."""
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
