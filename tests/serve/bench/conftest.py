"""Servers with scripted replies."""

import pytest
from scripted_server import Scripted


@pytest.fixture
def scripted():
    """``scripted(answer)``: a running server."""
    servers = []

    def start(answer):
        servers.append(Scripted(answer).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__()
