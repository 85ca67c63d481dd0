"""BentoML with adaptive batches: a service that draws what has come together, and one in front of it that encodes.

An endpoint with batches takes and gives lists, so that its documentation puts another before it for single requests.
It takes JSON by POST. bentoml serve serve_bentoml_batched:Front
"""

from typing import Annotated

import bentoml
import numpy as np
from bentoml.validators import ContentType
from drawing import Model, npy, png


# Its client makes its connections anew every 100 requests, and drops what is on the old ones: up to one in five failed.
@bentoml.service(
    workers=1,
    traffic={"timeout": 60},
    logging={"access": {"enabled": False}},
    runner_connection={"max_requests": 1_000_000_000},
)
class Gan:
    def __init__(self) -> None:
        self.model = Model()

    @bentoml.api(batchable=True, max_batch_size=16, max_latency_ms=1000)
    def draw(self, seeds: list[int]) -> np.ndarray:
        return self.model.draw(seeds)


@bentoml.service(workers=1, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Front:
    gan = bentoml.depends(Gan)

    @bentoml.api
    async def images(self, seed: int) -> Annotated[bytes, ContentType("image/png")]:
        return png((await self.gan.to_async.draw([seed]))[0])

    @bentoml.api
    async def raw(self, seed: int, n: int) -> Annotated[bytes, ContentType("application/x-npy")]:
        return npy(np.asarray(await self.gan.to_async.draw(list(range(seed, seed + n)))))
