"""Servers as processes, and cores."""

import os
import sys
import time

import pytest

from ganzoo_serve.bench.overload import Overload, allow
from ganzoo_serve.bench.pinning import Cores, pinned
from ganzoo_serve.bench.process import ServerProcess
from ganzoo_serve.errors import ServeError

SERVER = """
import http.server, subprocess, sys, threading
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(f"child {child.pid}\\nListening on http://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
server.serve_forever()
"""


def test_a_server_is_found_where_it_says_and_ends_with_all_it_started():
    with ServerProcess([sys.executable, "-c", SERVER]) as server:
        assert server.get("/")[0] == 200
        assert server.get("/nothing")[0] == 404
        child = int(server.log().split()[1])
        os.kill(child, 0)
        if sys.platform == "linux":
            assert 1e6 < server.memory < 1e9
    for _ in range(100):
        if not _runs(child):
            break
        time.sleep(0.05)
    assert not _runs(child)


def test_a_server_that_does_not_start_is_an_error_with_its_last_words():
    with (
        pytest.raises(ServeError, match=r"ended with 3:\nno luck"),
        ServerProcess([sys.executable, "-c", "import sys; print('no luck', flush=True); sys.exit(3)"]),
    ):
        pass


def test_a_server_that_never_answers_is_given_up():
    with (
        pytest.raises(ServeError, match="did not come up"),
        ServerProcess([sys.executable, "-c", "import time; time.sleep(60)"], patience=0.3),
    ):
        pass


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins nobody")
def test_server_and_load_share_no_core():
    ours = os.sched_getaffinity(0)
    if len(ours) > 1:
        cores = Cores.split(1)
        assert cores.pinned
        assert len(cores.server) == 1
        assert set(cores.server) | set(cores.load) == ours
        assert not set(cores.server) & set(cores.load)
    assert Cores.split(len(ours)) == Cores(len(ours))
    assert not Cores.split(10_000).pinned


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins nobody")
def test_what_is_started_while_pinned_stays_so_and_we_do_not():
    before = os.sched_getaffinity(0)
    core = max(before)
    with pinned((core,)):
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before
    code = (
        "import os, http.server, sys; s = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler);"
        "print(f'{os.sched_getaffinity(0)} Listening on http://127.0.0.1:{s.server_port}', flush=True); s.serve_forever()"
    )
    with ServerProcess([sys.executable, "-c", code], cores=(core,)) as server:
        assert server.log().startswith(f"{{{core}}} ")


def test_no_more_connections_than_files_may_be_open():
    assert 0 < allow(200) <= 200


def test_shares_are_of_all_replies():
    found = Overload(100, 1, {429: 30, 200: 60, 0: 10}, {}, 60, 1, 2, None, None, 100, 90)
    assert found.shares == {0: 0.1, 200: 0.6, 429: 0.3}


def _runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"  # nobody may be there to bury it
    except FileNotFoundError:
        return False
