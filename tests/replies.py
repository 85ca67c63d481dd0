"""Looking into a server's replies."""

import io

import numpy as np
from PIL import Image


def decode(data):
    """The pixels of an image file: (h, w, c)."""
    with Image.open(io.BytesIO(data)) as picture:
        array = np.asarray(picture)
    return array[:, :, np.newaxis] if array.ndim == 2 else array


def refused(response, status, detail):
    """The problem that a reply is: of this status, saying this among other things."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    assert detail in response.json()["detail"]
    return response.json()
