"""What every peer serves: the model in one session of one thread, latents by our seeds, PNG files by Pillow at its quickest.

Needs onnxruntime, numpy and pillow; of ganzoo_serve only ``seeds``, which needs numpy alone.
"""

import io
import json
import os

import numpy as np
import onnxruntime
from PIL import Image

from ganzoo_serve.seeds import latents


class Model:
    """The model that PEER_MODEL names, which must have no classes: seeds in, uint8 (n, h, w, c) out."""

    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["PEER_MODEL"], options)
        names = [value.name for value in self.session.get_inputs()]
        if names != ["z"]:
            raise SystemExit(f"The model has the inputs {', '.join(names)}: expected z alone.")
        metadata = json.loads(self.session.get_modelmeta().custom_metadata_map["ganzoo"])
        self.latent = metadata["latent"]

    def draw(self, seeds):
        z = latents(seeds, z_dim=self.latent["dim"], distribution=self.latent["distribution"])
        return self.session.run(None, {"z": z})[0]


def png(image):
    buffer = io.BytesIO()
    Image.fromarray(image if image.shape[2] > 1 else image[:, :, 0]).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def npy(images):
    buffer = io.BytesIO()
    np.save(buffer, images)
    return buffer.getvalue()
