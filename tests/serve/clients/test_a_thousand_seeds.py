"""What one client is shown for a seed every other is shown, and the command line draws (see test_serving.py for the rest)."""

import base64

import numpy as np
import pytest
from command_line import process
from openai import OpenAI
from replies import decode
from tritonclient.http import InferenceServerClient, InferInput

SEEDS = 1000
ROW = 250  # within what one request may have


@pytest.fixture(scope="module")
def expected(generators):
    return generators["classy"].sample(range(SEEDS))


def test_by_tritonclient_in_any_order(address, expected):
    order = np.random.default_rng(0).permutation(SEEDS)
    with InferenceServerClient(address) as client:
        for seeds in np.split(order, SEEDS // ROW):
            tensor = InferInput("seed", [ROW], "INT64")
            tensor.set_data_from_numpy(seeds)
            np.testing.assert_array_equal(client.infer("classy.sample", [tensor]).as_numpy("images"), expected[seeds])


def test_by_openais_client(address, expected):
    with OpenAI(base_url=f"http://{address}/v1", api_key="none", max_retries=0) as client:
        for first in range(0, SEEDS, ROW):
            reply = client.images.generate(
                model="classy", prompt="", n=ROW, response_format="b64_json", extra_body={"seed": first}
            )
            images = [decode(base64.b64decode(image.b64_json)) for image in reply.data]
            np.testing.assert_array_equal(images, expected[first : first + ROW])


def test_by_the_command_line(model_dir, tmp_path, expected):
    done = process("sample", model_dir / "classy.onnx", "--seeds", f"0-{SEEDS - 1}", "-o", tmp_path / "images.npy")
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "images.npy"), expected)
