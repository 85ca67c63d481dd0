"""The way of a data file: the user's folder, the cache, the mirrors. The network is a server in this process."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ganzoo import DataError
from ganzoo.data import DataFiles
from ganzoo.data.files import verify

CONTENT = bytes(range(256)) * 40
CHECKSUM = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
NAME = "some-file.gz"


class Mirror(BaseHTTPRequestHandler):
    """/good, /wrong, /cut (ends before its stated length), /moved (to /good); anything else is 404."""

    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
            return
        body = {"/good": CONTENT, "/wrong": b"an error page", "/cut": CONTENT[:999]}.get(self.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        # A server that packs what is packed already would spoil the checksum, if it were allowed to.
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(CONTENT) if self.path == "/cut" else len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror():
    handler = type("Handler", (Mirror,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.asked = handler.asked
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("GANZOO_DATA", raising=False)
    return tmp_path / "cache" / "data" / "toy"


def find(*urls, data_dir=None):
    return DataFiles("toy", data_dir).find(NAME, urls=urls, checksum=CHECKSUM)


def test_a_file_is_fetched_once_and_stdout_is_left_alone(mirror, cache, capfd):
    assert find(f"{mirror.url}/good") == cache / NAME
    assert (cache / NAME).read_bytes() == CONTENT
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == f"Fetching {mirror.url}/good\n"
    assert find(f"{mirror.url}/good") == cache / NAME
    assert capfd.readouterr() == ("", "")
    assert mirror.asked == ["/good"]


@pytest.mark.parametrize("bad", ["/wrong", "/cut", "/nothing"])
def test_the_next_mirror_is_tried(mirror, cache, bad):
    assert find(f"{mirror.url}{bad}", f"{mirror.url}/moved").read_bytes() == CONTENT
    assert mirror.asked == [bad, "/moved", "/good"]
    assert [path.name for path in cache.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("bad", "reason"), [("/wrong", "does not match"), ("/cut", "IncompleteRead"), ("/nothing", "404 Client Error")]
)
def test_a_download_that_fails_leaves_nothing_and_says_what_to_do(mirror, cache, tmp_path, bad, reason):
    with pytest.raises(DataError, match=rf"some-file.gz of data set 'toy' .*\n  tried .*{bad}: .*{reason}") as caught:
        find(f"{mirror.url}{bad}")
    assert f"Put the file ({CHECKSUM}) into DIR/toy/ and run again with '--data-dir DIR'." in str(caught.value)
    assert list(cache.iterdir()) == []


def test_without_a_network_every_mirror_is_named():
    with pytest.raises(DataError, match=r"tried http://127.0.0.1:9/a: (.*\n)+ *tried http://127.0.0.1:9/b: "):
        find("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")


def test_a_wrong_file_in_the_cache_is_fetched_again(mirror, cache, capfd):
    cache.mkdir(parents=True)
    (cache / NAME).write_bytes(b"half of it")
    assert find(f"{mirror.url}/good").read_bytes() == CONTENT
    assert "is damaged or another file" in capfd.readouterr().err


def test_a_cache_that_cannot_be_written_is_an_error_with_the_reason(mirror, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"tried .*/good: .*(Not a directory|exists|cannot find)"):
        find(f"{mirror.url}/good")


@pytest.mark.parametrize("place", ["toy", "."])
def test_the_users_folder_comes_before_the_network(tmp_path, place):
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / NAME).write_bytes(CONTENT)
    assert find(data_dir=tmp_path) == tmp_path / place / NAME


def test_the_users_folder_may_be_named_by_the_environment(tmp_path, monkeypatch):
    (tmp_path / NAME).write_bytes(CONTENT)
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    assert find() == tmp_path / NAME


def test_a_wrong_file_of_the_users_is_named_and_left_alone(mirror, tmp_path):
    (tmp_path / NAME).write_bytes(b"another")
    with pytest.raises(DataError, match=rf"{NAME} is damaged or another file: md5 \w+, expected \w+ \(7 bytes\)"):
        find(f"{mirror.url}/good", data_dir=tmp_path)
    assert (tmp_path / NAME).read_bytes() == b"another"
    assert mirror.asked == []


def test_a_data_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"no data folder .*nowhere\.\nGive an existing one by --data-dir or"):
        find(data_dir=tmp_path / "nowhere")


def test_sha256_is_understood_and_an_unreadable_file_is_an_error(tmp_path):
    (tmp_path / NAME).write_bytes(CONTENT)
    verify(tmp_path / NAME, f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")
    with pytest.raises(DataError, match="cannot be read"):
        verify(tmp_path / "missing", CHECKSUM)
