"""The same server as many processes on many machines, by Ray Serve: ``serve run ganzoo_serve.ray_app:app model_dir=DIR``.

Every replica has all models and answers every route; Ray keeps as many running as it is told, and sends each request to one.
``replica.Arguments`` says what can be given.
"""

# No postponed annotations here: Ray looks at the type of the builder's argument.
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganzoo_serve import logs
from ganzoo_serve.errors import ServeError
from ganzoo_serve.replica import Admission, Arguments, Replica

if TYPE_CHECKING:
    from ray.serve import Application


class Images:
    """A replica as Ray Serve handles it: made, and asked for its health."""

    def __init__(self, arguments: Arguments, admission: Admission) -> None:
        logs.configure("json")  # where Ray gathers what its workers print; a line for each request it has itself
        self._replica = Replica(arguments, admission)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """Called once, after the constructor. The application's own lifespan ends its threads, when nothing is left to answer."""
        return _numbered_once(self._replica.app)

    async def check_health(self) -> None:
        """Called every few seconds; after three failures the replica is replaced."""
        await self._replica.check()


def _numbered_once(app: ASGIApp) -> ASGIApp:
    """Ray numbers requests, tells us the number, and puts it on the replies itself: on ours it would be there twice."""

    async def numbered(scope: Scope, receive: Receive, send: Send) -> None:
        async def without(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [field for field in message["headers"] if field[0] != b"x-request-id"]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, without)

    return numbered


def app(arguments: Arguments) -> "Application":
    """The application, to be run: ``serve.run(app(Arguments(model_dir="models", replicas=2)))``.

    Raises ServeError if Ray Serve is not installed.
    """
    try:
        from ray import serve
    except ImportError as error:
        raise ServeError("Ray Serve is not installed. Run: pip install 'ganzoo-serve[ray]'") from error
    deployment = serve.deployment(serve.ingress()(Images), **arguments.deployment())
    return deployment.bind(arguments, Admission.from_environment())
