"""A game in progress: both players, the averaged generator, optimizers, data and random numbers, as one thing to save."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo import ranks
from ganzoo.config import TrainConfig
from ganzoo.errors import RunError
from ganzoo.nn import DOutput, Growing, as_output, mixes_samples
from ganzoo.specs import Game, ImageShape
from ganzoo.techniques import Random, Technique, Transform
from ganzoo.training.data import TrainingData
from ganzoo.training.latents import draw
from ganzoo.training.precision import autocast, outside_autocast


@dataclass
class TrainingState:
    """Everything that a training run carries from one step to the next.

    ``class_counts``, the images of each class, is empty for an unconditional game. ``nimg`` counts real images shown to
    the discriminator, ``d_steps`` and ``g_steps`` the updates of each player; ``nimg_here`` is ``nimg`` as a tensor () int64
    on the device, which a recorded step can read. ``rollbacks`` counts how often the game diverged and was taken back.
    """

    config: TrainConfig
    device: torch.device
    image_shape: ImageShape
    class_counts: tuple[int, ...]
    data: TrainingData
    game: Game
    G: nn.Module
    D: nn.Module
    G_ema: nn.Module
    techniques: dict[str, Technique]
    augmentations: dict[str, Transform]
    opt_g: torch.optim.Optimizer
    opt_d: torch.optim.Optimizer
    random: Random
    nimg: int = 0
    d_steps: int = 0
    g_steps: int = 0
    rollbacks: int = 0

    def __post_init__(self) -> None:
        # Under batch norm a joint pass would mix real and generated statistics; without it one pass is quicker than two.
        self._joint = not mixes_samples(self.D)
        # What a discriminator brings frozen, a pretrained part of it say, stays frozen.
        self._d_trainable = [p for p in self.D.parameters() if p.requires_grad]
        self._growing = [
            m for player in (self.G, self.D, self.G_ema) for m in player.modules() if isinstance(m, Growing)
        ]
        self._watching = next((m for m in self.D.modules() if isinstance(m, Growing)), None)
        self.grow()
        self.nimg_here = torch.zeros((), dtype=torch.int64, device=self.device)

    @property
    def finished(self) -> bool:
        """Whether the budget is used up: ``steps`` if given, else ``kimg``."""
        return self.progress >= 1

    @property
    def progress(self) -> float:
        """The share of the budget that is used up."""
        return self.config.share(self.nimg, self.g_steps)

    @property
    def lr_scale(self) -> float:
        """What the learning rates are multiplied by, after so many rollbacks."""
        return float(self.config.rollback.lr_factor**self.rollbacks)

    def autocast(self) -> AbstractContextManager[object]:
        """The context in which networks run in the configured precision."""
        return autocast(self.device, self.config.precision)

    def grow(self) -> tuple[tuple[int, bool], ...]:
        """Let networks that grow stand where they are to stand by now. Returns their stages, and which fade in."""
        for network in self._growing:
            network.grow(self.nimg)
        return tuple((network.stage, network.fading) for network in self._growing)

    def stay_grown(self) -> None:
        """Let networks that grow be full-grown from now on: what is timed or tried out is to be what steps cost in the end."""
        for network in self._growing:
            network.stand(network.last)
        self._growing = []

    def shown(self, images: Tensor) -> Tensor:
        """Real images as the discriminator is to see them by now: to one that grows, they are coarser at first."""
        return images if self._watching is None else self._watching.shown(images)

    def freeze_discriminator(self, frozen: bool) -> None:
        """Let the discriminator's weights collect gradients, or not: in the generator's step it is a fixed function."""
        for parameter in self._d_trainable:
            parameter.requires_grad_(not frozen)

    @property
    def round_size(self) -> int:
        """Samples of a batch that this process has at a time: its share, in as many rounds as gradients are accumulated over."""
        return self.config.batch_size // (self.config.accumulate * ranks.world())

    def latents(self) -> Tensor:
        """Fresh latents (round_size, z_dim) of the configured distribution."""
        return draw(self.config.z_distribution, self.random, self.round_size, self.config.z_dim)

    def generate(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """The generator's images, in float32 whatever the precision."""
        with self.autocast():
            images: Tensor = self.G(z, labels)
        return images.float()

    def augment(self, images: Tensor) -> Tensor:
        """Images as the discriminator is to see them, of the same shape; an augmentation may leave their range."""
        for transform in self.augmentations.values():
            images = transform(images, self.random)
        return images

    def judge(self, images: Tensor, labels: Tensor | None) -> DOutput:
        """The discriminator's output, in float32 whatever the precision, for images as they are."""
        with self.autocast():
            output = as_output(self.D(images, labels))
        return DOutput(output.logits.float(), *(None if part is None else part.float() for part in output[1:]))

    def judge_pair(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> tuple[DOutput, DOutput]:
        """Real and generated images of the same labels, judged in one pass where the discriminator allows it."""
        if not self._joint:
            return self.judge(real, labels), self.judge(fake, labels)
        both = self.judge(torch.cat([real, fake]), None if labels is None else labels.repeat(2))
        n = len(real)
        return (
            DOutput(both.logits[:n], *(None if part is None else part[:n] for part in both[1:])),
            DOutput(both.logits[n:], *(None if part is None else part[n:] for part in both[1:])),
        )

    def discriminate(self, images: Tensor, labels: Tensor | None) -> DOutput:
        """The discriminator without autocast, for penalties (under tf32 the products are still rounded)."""
        with outside_autocast(self.device, self.config.precision):
            return as_output(self.D(images.float(), labels))

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that a resumed run needs to go on bit for bit: tensors by name, and plain counters."""
        tensors = {
            f"{part}.{name}": tensor.detach()
            for part, module in self._modules().items()
            for name, tensor in module.state_dict().items()
        }
        for part, optimizer in self._optimizers().items():
            for index, values in optimizer.state_dict()["state"].items():
                tensors |= {f"{part}.{index}.{key}": value for key, value in values.items() if value is not None}
        tensors["random.game"] = self.random.generator.get_state()
        # Of each process: layers that draw by themselves, dropout say, must not draw alike.
        tensors["random.cpu"] = ranks.stacked(torch.get_rng_state())
        if self.device.type == "cuda":
            tensors["random.cuda"] = ranks.stacked(torch.cuda.get_rng_state(self.device))
        counters = {"nimg": self.nimg, "d_steps": self.d_steps, "g_steps": self.g_steps, "position": self.data.position}
        return tensors, counters | {"rollbacks": self.rollbacks}

    def load(self, tensors: Mapping[str, Tensor], counters: Mapping[str, Any]) -> None:
        """Take up the state that ``state`` gave. Raises RunError if it is of other networks, or not all of it is there."""
        self._require_loadable(tensors, counters)
        try:
            for part, module in self._modules().items():
                module.load_state_dict(_below(tensors, part))
        except RuntimeError as error:
            raise RunError(
                f"The checkpoint does not fit the networks and techniques of this configuration: {error}"
            ) from None
        for part, optimizer in self._optimizers().items():
            state: dict[int, dict[str, Tensor]] = {}
            for name, tensor in _below(tensors, part).items():
                index, _, key = name.partition(".")
                state.setdefault(int(index), {})[key] = tensor
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
            _lay_out_as_parameters(optimizer)
        self._draw_on(tensors)
        self.nimg, self.d_steps, self.g_steps = counters["nimg"], counters["d_steps"], counters["g_steps"]
        self.data.position, self.rollbacks = counters["position"], counters.get("rollbacks", 0)

    def draw_anew(self) -> None:
        """Go on with other random numbers than before: those of this count of rollbacks."""
        mixed = np.random.SeedSequence([self.config.seed, self.rollbacks]).generate_state(2)
        game, own = (int(number) for number in mixed)
        self.random.generator.manual_seed(game)
        torch.manual_seed(own + ranks.rank())

    def _draw_on(self, tensors: Mapping[str, Tensor]) -> None:
        """Take up random numbers. Those of another kind of device or number of processes stay at the seeds of the start."""
        if _is_alike(tensors["random.game"], self.random.generator.get_state()):
            self.random.generator.set_state(tensors["random.game"])
        # A view would not do: torch reads from its storage's beginning.
        if _is_alike(tensors["random.cpu"], ranks.stacked(torch.get_rng_state())):
            torch.set_rng_state(tensors["random.cpu"][ranks.rank()].clone())
        if self.device.type != "cuda" or "random.cuda" not in tensors:
            return
        if _is_alike(tensors["random.cuda"], ranks.stacked(torch.cuda.get_rng_state(self.device))):
            torch.cuda.set_rng_state(tensors["random.cuda"][ranks.rank()].clone(), self.device)

    def _require_loadable(self, tensors: Mapping[str, Tensor], counters: Mapping[str, Any]) -> None:
        """Raise RunError for what torch would take and fail on later, or not survive."""
        missing = [key for key in ("nimg", "d_steps", "g_steps", "position") if not _is_count(counters.get(key))]
        missing += [key for key in ("random.game", "random.cpu") if key not in tensors]
        if missing:
            raise RunError(f"The checkpoint lacks {', '.join(missing)}: another ganzoo wrote it.")
        odd = []
        for part, optimizer in self._optimizers().items():
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            for name, tensor in _below(tensors, part).items():
                index = name.partition(".")[0]
                of = parameters[int(index)] if index.isdecimal() and int(index) < len(parameters) else None
                if of is None or not tensor.is_floating_point() or tensor.shape not in (of.shape, ()):
                    odd.append(f"{part}.{name}")
        if odd:
            raise RunError(f"The checkpoint does not fit the optimizers of this configuration: {', '.join(odd[:3])}.")

    def _modules(self) -> dict[str, nn.Module]:
        techniques = {f"regularizers.{name}": module for name, module in self.techniques.items()}
        transforms = {f"augmentations.{name}": module for name, module in self.augmentations.items()}
        return {"G": self.G, "D": self.D, "G_ema": self.G_ema, **techniques, **transforms}

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"opt_g": self.opt_g, "opt_d": self.opt_d}


def _lay_out_as_parameters(optimizer: torch.optim.Optimizer) -> None:
    """Bring the state to its parameters' memory order, which fused kernels take for granted and checkpoints do not keep."""
    for parameter, values in optimizer.state.items():
        for key, value in values.items():
            if torch.is_tensor(value) and value.shape == parameter.shape:
                values[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _is_alike(tensor: Tensor, other: Tensor) -> bool:
    return tensor.dtype == other.dtype and tensor.shape == other.shape


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _below(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{part}."): value for key, value in tensors.items() if key.startswith(f"{part}.")}
