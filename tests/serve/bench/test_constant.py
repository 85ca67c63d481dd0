"""The server of constant bytes: the same replies, by the ways that the server's own take."""

import http.client
import socket
import threading

import pytest
import uvicorn

from ganzoo_serve.bench.constant import Application, body, configuration

REPLIES = {"/png": {"headers": [["content-type", "image/png"], ["content-length", "600"]], "size": 600}}


class Watched(Application):
    """Counts what passes ASGI."""

    passed = 0

    async def __call__(self, scope, receive, send):
        self.passed += 1
        await super().__call__(scope, receive, send)


@pytest.fixture
def running():
    """A connection to the application, and the application."""
    application = Watched(REPLIES)
    server = uvicorn.Server(configuration(application))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        connection = http.client.HTTPConnection(*listening.getsockname(), timeout=30)
        yield connection, application
        connection.close()
        server.should_exit = True
        thread.join()


def ask(connection, method, path, content=None):
    connection.request(method, path, body=content)
    reply = connection.getresponse()
    return reply.status, dict(reply.getheaders()), reply.read()


@pytest.mark.parametrize(("method", "content"), [("GET", None), ("POST", b"{}")])
def test_a_path_has_its_headers_and_size(running, method, content):
    connection, _ = running
    for number in range(3):  # on one connection
        status, headers, found = ask(connection, method, f"/png?{number}", content)
        assert (status, found) == (200, body(600))
        assert (headers["content-type"], headers["content-length"]) == ("image/png", "600")
        assert "date" in headers
    assert ask(connection, method, "/other", content)[0] == 404


def test_a_get_goes_past_asgi_as_images_do_and_a_post_through_it(running):
    connection, application = running
    for _ in range(3):
        ask(connection, "GET", "/png?7")
    assert application.passed == 0
    ask(connection, "POST", "/png", b"{}")
    assert application.passed == 1
