"""One of several servers that answer together: what it is told, and what it holds. ``ray_app`` starts them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.errors import BusyError, LateError, ServeError
from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.front import Front
from ganzoo_serve.http.limits import MOST_SAMPLES, NAMED, Limits, named
from ganzoo_serve.http.requests.keys import Keys, Signer, keys_in_environment, signer_in_environment
from ganzoo_serve.models.catalogue import Catalogue


class Arguments(BaseModel):
    """What ``serve run ganzoo_serve.ray_app:app NAME=VALUE ...`` understands.

    ``model_dir``: a folder of models, or one file, there on every machine that may get a replica. ``replicas`` are kept
    running; with ``max_replicas`` there are more as long as each has more than ``target_ongoing_requests`` to answer on average.
    ``cpus``: cores, and threads that draw, of each replica; with ``device=cuda`` or ``tensorrt`` each also gets a GPU of its own.
    ``max_ongoing_requests`` go to one replica at once; of those beyond, each proxy keeps ``max_queued_requests`` and answers the
    rest with 429. ``drain_s``: how long a replica that is to stop may finish what it answers. ``max_images`` to ``url_bytes`` are
    ``Limits``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model_dir: str = Field(min_length=1)
    replicas: int = Field(1, ge=1)
    max_replicas: int | None = None
    target_ongoing_requests: float = Field(4.0, gt=0)
    max_ongoing_requests: int = Field(64, ge=1)
    max_queued_requests: int = Field(1024, ge=1)
    cpus: int = Field(1, ge=1)
    device: Literal["cpu", "cuda", "tensorrt"] = "cpu"
    watch_s: float = Field(2.0, ge=0)
    deadline_s: float = Field(Limits.deadline_s, gt=0)
    drain_s: float = Field(40.0, ge=0)
    max_images: int = Field(Limits.samples, ge=1, le=MOST_SAMPLES)
    queue: int = Field(Limits.waiting, ge=1)
    cache_mb: int = Field(0, ge=0)
    steps: int = Limits.steps
    grid_side: int = Limits.grid_side
    reply_bytes: int = Limits.reply_bytes
    body_bytes: int = Limits.body_bytes
    tensor_bytes: int = Limits.tensor_bytes
    json_depth: int = Limits.json_depth
    url_bytes: int = Limits.url_bytes

    @field_validator("model_dir")
    @classmethod
    def _absolute(cls, path: str) -> str:
        return str(Path(path).absolute())  # a replica may start in another folder

    @field_validator(*NAMED)
    @classmethod
    def _within_its_range(cls, value: int, info: ValidationInfo) -> int:
        try:
            return named(f"{info.field_name}={value}")[1]
        except ServeError as error:
            raise ValueError(str(error)) from error

    @model_validator(mode="after")
    def _in_order(self) -> Arguments:
        if self.max_replicas is not None and self.max_replicas < self.replicas:
            raise ValueError(f"max_replicas is {self.max_replicas}: expected at least replicas, {self.replicas}")
        return self

    def settings(self, admission: Admission) -> Settings:
        """How each replica behaves: it draws on as many threads as it has cores."""
        return Settings(
            limits=Limits.of(
                max_images=self.max_images,
                queue=self.queue,
                deadline_s=self.deadline_s,
                cache_mb=self.cache_mb,
                **{name: getattr(self, name) for name in NAMED},
            ),
            workers=self.cpus,
            watch_s=self.watch_s,
            keys=admission.keys,
            signer=admission.signer,
        )

    def deployment(self) -> dict[str, Any]:
        """The options of a Ray Serve deployment."""
        many: dict[str, Any] = {"num_replicas": self.replicas}
        if self.max_replicas is not None:
            many = {
                "autoscaling_config": {
                    "min_replicas": self.replicas,
                    "max_replicas": self.max_replicas,
                    "target_ongoing_requests": self.target_ongoing_requests,
                }
            }
        return many | {
            "ray_actor_options": {"num_cpus": self.cpus, "num_gpus": int(self.device != "cpu")},
            "max_ongoing_requests": self.max_ongoing_requests,
            "max_queued_requests": self.max_queued_requests,
            "backpressure_config": {"status_code": 429, "retry_after_s": 1},
            "graceful_shutdown_timeout_s": self.drain_s,
            "graceful_shutdown_wait_loop_s": 0.5,
            "health_check_period_s": 5,
            "health_check_timeout_s": 30,
        }


class Admission:
    """Who is let in, as the environment says where the application is built: replicas elsewhere do not inherit that.

    Of keys only hashes are carried; the secret has to be as it is.
    """

    def __init__(self, keys: Iterable[str] = (), signer: Signer | None = None) -> None:
        self.keys, self.signer = Keys(keys), signer

    @classmethod
    def from_environment(cls) -> Admission:
        """What it is here."""
        return cls(keys_in_environment(), signer_in_environment())


class Replica:
    """The models, loaded, and the application over them. Raises ModelError or DeviceError."""

    def __init__(self, arguments: Arguments, admission: Admission) -> None:
        # Loaded before it is asked for anything, so that a replica that is there is one that answers.
        self.models = Catalogue.load([arguments.model_dir], device=arguments.device, careful=True)
        app = create_app(self.models, arguments.settings(admission))
        assert isinstance(app, Front)  # no origins were named
        self.app, self.engine = app, app.server.engine

    async def check(self) -> None:
        """Draw an image of the quickest model, as requests do. Raises what drawing raises: a new process cures a lost device.

        Being busy is no ailment.
        """
        quickest = min(self.models.values(), key=lambda model: model.generator.seconds)
        with contextlib.suppress(BusyError, LateError):
            await self.engine.draw(Drawing.of_seeds(quickest.generator, [0]), len)
