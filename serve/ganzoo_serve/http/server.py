"""What everything that answers shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from ganzoo_serve.engine.engine import Engine
from ganzoo_serve.errors import did_you_mean
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.measures import Measures
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.requests.keys import Signer
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.stock import Stock
from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.models.keeper import Keeper
from ganzoo_serve.models.model import Model

_NAMED = 5  # models, where none is called nearly so


@dataclass
class Server:
    """The models, the threads that draw, and what is counted.

    ``loading`` until the models that were there at the start are ready; ``draining`` from the time it should stop. Both refuse
    to draw. ``admin``: whether models may be loaded and unloaded on request, which the ``keeper`` does. ``signer``: what
    addresses for people without a key are signed with, where keys are needed.
    """

    models: Catalogue
    limits: Limits
    engine: Engine
    measures: Measures
    stock: Stock
    keeper: Keeper
    loading: bool = False
    draining: bool = False
    admin: bool = False
    signer: Signer | None = None

    @property
    def ready(self) -> bool:
        """Whether it may be sent work: it has models, loaded, and is not about to stop."""
        return self.draws and bool(self.models)

    @property
    def draws(self) -> bool:
        """Whether it draws from the models there are, if any."""
        return not (self.loading or self.draining)


class Asked(NamedTuple):
    """A model as a URL names it; ``pinned`` if the URL says ``@rev``, so that it can never mean other pixels."""

    model: Model
    pinned: bool


def ask(server: Server, visit: Visit, text: str) -> Asked:
    """The model that ``NAME`` or ``NAME@REV`` means, to draw from or to describe; noted for the count.

    Raises Problem 404, with the nearest names or some, if there is none such, and 503 while loading or draining.
    """
    if not server.draws:
        what = "loading its models" if server.loading else "about to stop"
        raise Problem(503, f"This server is {what}.", headers={"Retry-After": "2"}, reason="unavailable")
    models = server.models
    name, at, rev = text.partition("@")
    model = models.find(name, rev if at else None)
    if model is not None:
        visit.model = name
        return Asked(model, pinned=bool(at))
    current = models.find(name)
    if current is None:
        raise Problem(404, f"There is no model '{name[:64]}' here.{_hint(name, models)}")
    here = ", ".join(model.rev for model in models.revisions(name))
    raise Problem(404, f"Model '{name}' is here as revision {here}, not as '{rev[:64]}'.")


def _hint(name: str, models: Mapping[str, Model]) -> str:
    here = ", ".join([f"'{each}'" for each in islice(models, _NAMED)])
    if len(models) > _NAMED:
        here += " and others, which /v1/models lists"
    return did_you_mean(name, models) or (f" Here: {here}." if here else " Here is none.")
