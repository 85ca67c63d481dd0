"""The way from one seed to another, with an address: a film (webp, gif), or a grid of its steps (png, jpg ...)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from starlette.types import Receive

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.engine.engine import Pending
from ganzoo_serve.errors import RequestError
from ganzoo_serve.generator import Generator, Images
from ganzoo_serve.http.answers import once
from ganzoo_serve.http.answers.grid import Columns, format_of, picture
from ganzoo_serve.http.answers.image import ImageQuery
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.replies import caching
from ganzoo_serve.http.replies.reply import Reply
from ganzoo_serve.http.requests import asking
from ganzoo_serve.http.requests.address import SEED_PATTERN, parse_seed, pinned_path, truncation_member
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Server, ask
from ganzoo_serve.http.waiting import pixels
from ganzoo_serve.images import FILM_VERSIONS, FILMS, FORMATS, GIF_MS, film_of, frame
from ganzoo_serve.paths import Mode, usual_mode, walk

# A frame's time. GIF counts in hundredths of a second, and 12 frames a second look like motion.
_USUAL_MS = 80
_MOST_MS = 655_350  # a pause has 16 bits, in hundredths, and those of frames that are alike are added up
EXTENSIONS = tuple(FORMATS | FILMS)

_seed = {"pattern": f"^({SEED_PATTERN})$"}


class WayQuery(ImageQuery):
    """What may follow the question mark."""

    from_: Annotated[str, Field(alias="from", description="The first seed.", examples=["1"], json_schema_extra=_seed)]
    to: Annotated[str, Field(description="The last seed.", examples=["2"], json_schema_extra=_seed)]
    steps: Annotated[int, Field(ge=2, description="Images, both ends included.")] = 16
    mode: Annotated[
        Mode | None, Field(description="On the great circle or straight; if not said, what suits the model's latents.")
    ] = None
    columns: Columns = None
    milliseconds: Annotated[
        int | None,
        Field(
            ge=10,
            le=10_000,
            description=f"Of each image of a film; {_USUAL_MS} if not said. For gif a multiple of {GIF_MS}.",
        ),
    ] = None


async def answer(server: Server, visit: Visit, receive: Receive, model: str, extension: str, query: WayQuery) -> Reply:
    """The reply for a way through the latents. Its first and last images are those of the seeds, in the class of the way.

    That is ``class`` or, without one, the class of the first seed. Raises ServeErrors for what is refused, and ClientDisconnect
    if the client leaves before it is there.
    """
    asked = ask(server, visit, model)
    generator = asked.model.generator
    if extension not in EXTENSIONS:
        raise asking.no_format(extension, EXTENSIONS)
    seeds = [parse_seed(query.from_, loc=("from",)), parse_seed(query.to, loc=("to",))]
    _check_steps(query.steps, generator, server.limits)
    mode = query.mode or usual_mode(generator.metadata.latent.distribution)
    # Of one class all the way: between two there is nothing to draw.
    begin = Drawing.of_seeds(generator, seeds[:1], classes=query.class_, truncation=query.truncation)
    label = begin.class_of(0)

    if extension in FILMS:
        if query.columns is not None:
            raise RequestError("A film has no columns: leave them out.", loc=("columns",))
        milliseconds = query.milliseconds or _USUAL_MS
        if extension == "gif" and milliseconds % GIF_MS:
            nearest = f"expected a multiple of {GIF_MS} ms, not {milliseconds}, or webp"
            raise RequestError(f"A gif counts in hundredths of a second: {nearest}.", loc=("milliseconds",))
        if query.steps * milliseconds > _MOST_MS:
            raise RequestError(f"A film may take {_MOST_MS} ms in all.", loc=("milliseconds",))
        media_type, version, last = FILMS[extension], FILM_VERSIONS[extension], f"milliseconds={milliseconds}"
        finish: Callable[[Images], Any] = partial(frame, extension=extension)
        compose = partial(film_of, extension=extension, milliseconds=milliseconds)
    else:
        if query.milliseconds is not None:
            raise RequestError("Only a film (webp, gif) has milliseconds: leave them out.", loc=("milliseconds",))
        columns = asking.grid_columns(query.columns, generator, query.steps, server.limits)
        form = format_of(extension)
        media_type, version, last = form.media_type, form.version, f"columns={columns}"
        finish, compose = pixels, partial(picture, columns=columns, form=form)

    what = ("way", *seeds, query.steps, mode, label, begin.truncation, last)
    tag = caching.etag(asked.model, what, media_type, version)
    members = [f"from={seeds[0]}", f"to={seeds[1]}", f"steps={query.steps}", f"mode={mode}"]
    headers = once.headers(visit, asked, tag)
    headers += [
        (b"x-ganzoo-from", b"%d" % seeds[0]),
        (b"x-ganzoo-to", b"%d" % seeds[1]),
        (b"x-ganzoo-steps", b"%d" % query.steps),
        (b"x-ganzoo-mode", mode.encode()),
    ]
    if label is not None:
        headers.append((b"x-ganzoo-class", b"%d" % label))
        members.append(f"class={label}")
    if not asked.pinned:
        canonical = "&".join([*members, *truncation_member(begin), last])
        address = f"{pinned_path(visit, asked.model)}/interpolate.{extension}?{canonical}"
        headers.append((b"content-location", address.encode()))

    reply = once.answered(server, visit, headers, tag, media_type)
    if reply is not None:
        return reply

    def start(seconds: float | None) -> Pending:
        begin_z, end_z = generator.latents(seeds)
        z = walk(begin_z, end_z, query.steps, mode)
        labels = None if label is None else np.full(query.steps, label, dtype=np.int64)
        drawing = Drawing.of_latents(generator, z, labels=labels, truncation=query.truncation)
        return server.engine.submit(drawing, finish, timeout_s=seconds)

    return Reply(200, headers, await once.body(server, visit, receive, tag, query.steps, start, compose))


def _check_steps(steps: int, generator: Generator, limits: Limits) -> None:
    if steps > limits.steps:
        raise RequestError(f"{steps} steps: expected 2 ... {limits.steps}.", loc=("steps",))
    asking.check_size(steps, generator, limits)
