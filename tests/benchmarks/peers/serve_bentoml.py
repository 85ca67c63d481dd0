"""BentoML: one service that draws and encodes, without batches.

It takes JSON by POST. bentoml serve serve_bentoml:Gan
"""

from typing import Annotated

import bentoml
from bentoml.validators import ContentType
from drawing import Model, npy, png


@bentoml.service(workers=1, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Gan:
    def __init__(self) -> None:
        self.model = Model()

    @bentoml.api
    def images(self, seed: int) -> Annotated[bytes, ContentType("image/png")]:
        return png(self.model.draw([seed])[0])

    @bentoml.api
    def raw(self, seed: int, n: int) -> Annotated[bytes, ContentType("application/x-npy")]:
        return npy(self.model.draw(range(seed, seed + n)))
