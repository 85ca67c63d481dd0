"""OpenAI's own client against a running server."""

import base64
import urllib.error
import urllib.request

import numpy as np
import pytest
from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI
from replies import decode


@pytest.fixture(scope="module")
def client(address):
    with OpenAI(base_url=f"http://{address}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_models_are_listed(client, plain):
    assert [model.id for model in client.models.list()] == ["classy", "floaty", "plain", "truncated"]
    assert client.models.retrieve("plain").owned_by == "ganzoo"


def test_b64_json_holds_the_images_of_the_seeds(client, plain):
    reply = client.images.generate(model="plain", prompt="", n=4, response_format="b64_json", extra_body={"seed": 100})
    images = [decode(base64.b64decode(image.b64_json)) for image in reply.data]
    np.testing.assert_array_equal(images, plain.sample(range(100, 104)))
    assert (reply.size, reply.output_format) == ("8x8", "png")
    assert [image.url for image in reply.data] == [None] * 4


def test_urls_are_pinned_and_show_the_images(client, classy, address):
    reply = client.images.generate(
        model="classy", prompt="Zebra", n=4, response_format="url", size="8x8", extra_body={"seed": 7}
    )
    images = []
    for index, image in enumerate(reply.data):
        assert image.url == f"http://{address}/v1/models/classy@{classy.rev}/images/{7 + index}.png?class=2"
        assert image.b64_json is None
        with urllib.request.urlopen(image.url, timeout=10) as response:
            assert "immutable" in response.headers["Cache-Control"]
            images.append(decode(response.read()))
    np.testing.assert_array_equal(images, classy.sample(range(7, 11), classes=2))


def test_where_keys_are_needed_urls_open_without_one_for_an_hour(locked_address, classy):
    with OpenAI(base_url=f"http://{locked_address}/v1", api_key="first", max_retries=0) as client:
        reply = client.images.generate(model="classy", prompt="dog", n=2, response_format="url", extra_body={"seed": 7})
    for index, image in enumerate(reply.data):
        with urllib.request.urlopen(image.url, timeout=10) as response:
            assert 3500 < int(response.headers["Cache-Control"].removeprefix("public, max-age=")) <= 3600
            np.testing.assert_array_equal(decode(response.read()), classy.sample([7 + index], classes="dog")[0])
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(reply.data[0].url.replace("7.png", "9.png"), timeout=10)
    stranger = OpenAI(base_url=f"http://{locked_address}/v1", api_key="second", max_retries=0)
    with stranger, pytest.raises(AuthenticationError):
        stranger.images.generate(model="classy", prompt="dog")


@pytest.mark.parametrize(("prompt", "label"), [("dog", 1), ("class:3", 3), ("class: größe", 3), ("ZEBRA", 2), ("0", 0)])
def test_a_prompt_may_be_a_class(client, classy, prompt, label):
    reply = client.images.generate(model="classy", prompt=prompt, extra_body={"seed": 5})
    np.testing.assert_array_equal(
        decode(base64.b64decode(reply.data[0].b64_json)), classy.sample([5], classes=label)[0]
    )


def test_extras(client, truncated, classy):
    reply = client.images.generate(model="truncated", prompt="", extra_body={"seed": 3, "truncation": 0.5})
    data = base64.b64decode(reply.data[0].b64_json)
    np.testing.assert_array_equal(decode(data), truncated.sample([3], truncation=0.5)[0])
    reply = client.images.generate(model="classy", prompt="", extra_body={"seed": 3, "class": "cat"})
    np.testing.assert_array_equal(decode(base64.b64decode(reply.data[0].b64_json)), classy.sample([3], classes=0)[0])


@pytest.mark.parametrize(
    ("param", "arguments"),
    [
        ("prompt", {"prompt": "a dog in the snow"}),
        ("prompt", {"prompt": "class:7"}),
        ("n", {"n": 257}),
        ("n", {"n": 0}),
        ("size", {"size": "1024x1024"}),
        ("background", {"background": "transparent"}),
        ("partial_images", {"partial_images": 1}),
        ("stream", {"stream": True}),
        ("output_format", {"output_format": "gif"}),
        ("output_compression", {"output_format": "png", "output_compression": 50}),
        ("seed", {"extra_body": {"seed": -1}}),
        ("truncation", {"extra_body": {"truncation": 0.5}}),
        ("class", {"prompt": "dog", "extra_body": {"class": 2}}),
        ("clas", {"extra_body": {"clas": 2}}),
    ],
)
def test_what_is_refused_names_its_parameter(client, param, arguments):
    with pytest.raises(BadRequestError) as caught:
        client.images.generate(**({"model": "classy", "prompt": ""} | arguments))
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"


def test_unknown_models(client):
    with pytest.raises(NotFoundError, match="Did you mean 'plain'") as caught:
        client.images.generate(model="plian", prompt="")
    assert (caught.value.param, caught.value.code) == ("model", "model_not_found")
