"""Another program's verdict: torch-fidelity draws from an exported file and finds the scores that we find.

Its Inception network has to be downloaded, so a small one stands in for it on both sides. The file has no classes:
torch-fidelity 0.4.0 draws none with today's NumPy.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torchvision_shim import importable_torch_fidelity

from ganzoo import ImageShape, NetworkConfig
from ganzoo.evaluation import Comparison, Extractor, Features, Sample
from ganzoo.export import export_generator
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import Image, Latent, ModelMetadata

COUNT, BATCH, Z_DIM, SIZE = 600, 50, 6, 16
SUBSETS, SUBSET_SIZE = 20, 100


class Network(nn.Module):
    """uint8 (N, 3, 16, 16) -> features (N, 16), logits (N, 10); random and always the same."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.convolution = nn.Conv2d(3, 8, 4, stride=4)
            self.to_features, self.to_logits = nn.Linear(8 * 4 * 4, 16), nn.Linear(16, 10)

    def forward(self, images):
        x = (images.float() - 127.5) / 32
        features = self.to_features(torch.relu(self.convolution(x)).flatten(1))
        return features, 12 * self.to_logits(features)


class StandIn(Extractor):
    """The network on our side."""

    identity, resizer, dim, num_classes = "stand-in", "none", 16, 10

    def __init__(self):
        self.network = Network()

    @torch.no_grad()
    def __call__(self, images):
        features, logits = self.network(torch.from_numpy(images).permute(0, 3, 1, 2))
        return Features(features.numpy(), logits.softmax(dim=1).numpy())


class Pixels(torch.utils.data.Dataset):
    """Images uint8 (N, H, W, C) as torch-fidelity reads them."""

    def __init__(self, images):
        self.images = torch.from_numpy(images).permute(0, 3, 1, 2)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index]


@pytest.fixture(scope="module")
def seen():
    """Batches of images that the judge's network was shown."""
    return []


@pytest.fixture(scope="module")
def judge(seen):
    """``judge(input1, **options)``: torch-fidelity's scores of a file or data set against the real images."""
    torch_fidelity = importable_torch_fidelity()

    class Judging(torch_fidelity.FeatureExtractorBase):
        def __init__(self, name, features_list, **_):
            super().__init__(name, features_list)
            self.network = Network()

        @staticmethod
        def get_provided_features_list():
            return "features", "logits"

        @staticmethod
        def get_default_feature_layer_for_metric(metric):
            return "logits" if metric == "isc" else "features"

        def forward(self, images):
            seen.append(images.numpy())
            found = dict(zip(self.get_provided_features_list(), self.network(images), strict=True))
            return tuple(found[name] for name in self.features_list)

    torch_fidelity.register_feature_extractor("stand-in", Judging)

    def score(input1, **options):
        seen.clear()
        return torch_fidelity.calculate_metrics(
            input1=input1,
            input2=Pixels(real_images()),
            feature_extractor="stand-in",
            isc=True,
            fid=True,
            kid=True,
            kid_subsets=SUBSETS,
            kid_subset_size=SUBSET_SIZE,
            batch_size=BATCH,
            cuda=False,
            cache=False,
            save_cpu_ram=True,  # no processes for loading
            verbose=False,
            **options,
        )

    return score


@pytest.fixture(scope="module")
def model(registry, tiny, tmp_path_factory):
    """A generator's file with images uint8 (n, c, h, w), as torch-fidelity takes them."""
    architecture = registry.architectures.get("dcgan")
    options = architecture.options.model_validate(tiny(architecture))
    config = NetworkConfig(image_shape=ImageShape(3, SIZE, SIZE), z_dim=Z_DIM, num_classes=0, options=options)
    network = architecture.generator(config).eval()
    torch.manual_seed(0)
    for weight in network.parameters():
        nn.init.normal_(weight, std=0.6)
    image = Image(height=SIZE, width=SIZE, channels=3)
    metadata = ModelMetadata(name="judged", image=image, latent=Latent(dim=Z_DIM), layout="nchw")
    return export_generator(network, metadata, tmp_path_factory.mktemp("judged") / "model.onnx").path


@pytest.fixture(scope="module")
def verdict(judge, model, seen):
    """What torch-fidelity finds in the file, and the images uint8 (N, H, W, C) that it drew for it."""
    scores = judge(str(model), input1_model_z_type="normal", input1_model_z_size=Z_DIM, input1_model_num_samples=COUNT)
    return scores, np.concatenate(seen)[:COUNT].transpose(0, 2, 3, 1)


def real_images():
    """More than are generated, so that subsets are drawn of two sizes."""
    coarse = np.random.RandomState(1).randint(0, 256, (COUNT + 50, 4, 4, 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(4, axis=1).repeat(4, axis=2))


def sample(images):
    found = StandIn()(images)
    return Sample.of(found.features, probabilities=found.probabilities, images=images)


def assert_same_scores(registry, images, judged):
    """Ours, of these images against the real ones, are those that were ``judged``."""
    reference = sample(real_images())

    def measure(name, **options):
        metric = registry.metrics.get(name)
        return metric.compute(
            Comparison(
                options=metric.options.model_validate(options),
                generated=sample(images),
                split="test",
                real=lambda split: reference,
                class_names=(),
                seeds=range(len(images)),
                classes=None,
                truncation=None,
                say=print,
                seen_by=StandIn(),
            )
        )

    score, fid = measure("is"), measure("fid")
    kid = measure("kid", subsets=SUBSETS, size=SUBSET_SIZE)
    ours = {
        "inception_score_mean": score.values["is"].value,
        "inception_score_std": score.details["std"],
        "frechet_inception_distance": fid.values["fid"],
        "kernel_inception_distance_mean": kid.values["kid"].value,
        "kernel_inception_distance_std": kid.details["std"],
    }
    assert ours.keys() == judged.keys()
    for name, value in ours.items():
        assert value == pytest.approx(judged[name], rel=1e-5), name


def test_it_draws_the_images_that_we_draw_from_its_latents(verdict, model):
    z = np.random.RandomState(2020).randn(COUNT, Z_DIM).astype(np.float32)
    generator = Generator.load(model, device="cpu", batch_size=BATCH)
    images = generator.run(z)
    assert images.std(axis=0).mean() > 20
    # Its ONNX Runtime has as many threads as it likes, and more of them may add in another order.
    assert np.abs(images.astype(int) - verdict[1]).max() <= 1
    assert (images == verdict[1]).mean() > 0.999


def test_it_finds_our_scores_in_the_file(registry, verdict):
    scores, images = verdict
    assert 1.5 < scores["inception_score_mean"] < 9.5
    assert scores["frechet_inception_distance"] > 0.1
    assert_same_scores(registry, images, scores)


def test_it_finds_our_scores_in_images_of_our_seeds(registry, judge, model):
    generator = Generator.load(model, device="cpu")
    images = generator.sample(range(COUNT))
    assert_same_scores(registry, images, judge(Pixels(images)))
