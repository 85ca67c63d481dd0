"""LitServe: an API each for single images and for raw ones; PEER_BATCH is how many requests it may put into one run.

It takes JSON by POST. Fast queues, as its documentation says for many small requests; no waiting for a batch to fill, which
costs more on a CPU than the batch saves.

python serve_litserve.py PORT
"""

import os
import sys

import litserve
from drawing import Model, npy, png
from fastapi import Response

BATCH = int(os.environ.get("PEER_BATCH", "1"))


class Images(litserve.LitAPI):
    def setup(self, device):
        self.model = Model()

    def decode_request(self, request):
        return request["seed"]

    def batch(self, inputs):
        return inputs

    def predict(self, x):
        return self.model.draw(x) if isinstance(x, list) else self.model.draw([x])[0]

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return Response(png(output), media_type="image/png")


class Raw(litserve.LitAPI):
    def setup(self, device):
        self.model = Model()

    def decode_request(self, request):
        return range(request["seed"], request["seed"] + request["n"])

    def predict(self, x):
        return self.model.draw(x)

    def encode_response(self, output):
        return Response(npy(output), media_type="application/x-npy")


if __name__ == "__main__":
    images = Images(max_batch_size=BATCH, batch_timeout=0.0, api_path="/images")
    server = litserve.LitServer([images, Raw(api_path="/raw")], accelerator="cpu", fast_queue=True, timeout=60)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", generate_client_file=False)
