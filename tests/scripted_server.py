"""A server with scripted replies, in a thread; for tests of what asks."""

import asyncio
import threading
from contextlib import suppress


class Scripted:
    """Calls ``answer(number, request, writer)`` for every request, numbered from 0, one after the other on each connection."""

    def __init__(self, answer):
        self.answer, self.requests, self.connections, self.most_connections = answer, [], 0, 0
        self._writers = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self):
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_):
        with suppress(RuntimeError):  # it has left
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    def leave(self):
        """End at once, with all connections; to be called in an answer."""
        self._stop.set()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.address = server.sockets[0].getsockname()
        self._ready.set()
        async with server:
            await self._stop.wait()

    async def _connected(self, reader, writer):
        self.connections += 1
        self._writers.add(writer)
        self.most_connections = max(self.most_connections, self.connections)
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(request)
                await self.answer(len(self.requests) - 1, request, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections -= 1
            self._writers.discard(writer)
            writer.close()


def reply(body=b"whole", status=200, more=""):
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body
