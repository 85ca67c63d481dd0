"""Signs by which a game is judged while it goes on: measured on the probe now and then, logged, and read by the diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganzoo.specs import Game
from ganzoo.training.pixels import likeness, small
from ganzoo.training.probe import Images, Probe
from ganzoo.training.state import TrainingState
from ganzoo_serve.seeds import latents

# Standard errors by which D must tell real images from generated ones before a share of that is worth a number.
CERTAIN = 5.0
FIRST_SEED = 2**51  # of the latents: far from those that people ask for, and from those that settle batch norms


def signs(s: TrainingState, probe: Probe) -> dict[str, float]:
    """What there is to see; the game stays as it was, random numbers and all. What is not finite is left out.

    - ``own_logits``, ``held_out_logits``, ``generated_logits``: mean outputs of D, in training mode and batches as in training,
      for images without augmentation. ``overfitting``: (own - held out) / (own - generated), 0 where D treats both alike and 1
      where held-out images look generated to it; only where D tells own from generated ones. ``r_t``: mean sign of D's own
      logits, only where the game knows which logit is 0. Source: Karras et al. 2020, arXiv:2006.06676, equation 1.
    - ``wasserstein``: held out (or own) minus generated: what a critic estimates (arXiv:1701.07875, section 3).
    - ``told_apart``: how often D gives a real image a higher output than a generated one: 1 always, 0.5 where it cannot tell.
    - ``d_slope``, ``g_slope``: mean size of the derivative of each player's loss by the logits: near 0 it learns no more.
    - ``d_gradient``, ``g_gradient``: norm of the gradient of the last update.
    - ``pixel_...``: what the generator's images are like beside real ones; see ``likeness``.
    """
    own, held_out = _shown(s, probe.own), None if probe.held_out is None else _shown(s, probe.held_out)
    with _undisturbed(s), torch.no_grad():
        made = Images(_in_batches(s, s.generate, _latents(s, len(own.images)), own.labels), own.labels)
        real, fake = _judged(s, own), _judged(s, made)
        unseen = None if held_out is None else _judged(s, held_out)
    values = {"own_logits": real.mean(), "generated_logits": fake.mean(), "told_apart": told_apart(real, fake)}
    if unseen is not None:
        values |= {"held_out_logits": unseen.mean(), "overfitting": _overfitting(real, unseen, fake)}
    if knows_zero(s.game, s.device):
        values["r_t"] = real.sign().mean()
    values["wasserstein"] = (real if unseen is None else unseen).mean() - fake.mean()
    values |= slopes(s.game, real, fake) | {"d_gradient": _norm(s.opt_d), "g_gradient": _norm(s.opt_g)}
    values |= likeness(small(own.images), small(made.images), own.labels)
    found = torch.stack([value.detach().double().cpu() for value in values.values()]).tolist()
    return {name: value for name, value in zip(values, found, strict=True) if value == value and abs(value) < torch.inf}


def slopes(game: Game, real_logits: Tensor, fake_logits: Tensor) -> dict[str, Tensor]:
    """``d_slope`` and ``g_slope`` at logits (N,), (N,): mean size of the derivative of each player's loss by its logits."""
    real, fake = real_logits.detach().requires_grad_(), fake_logits.detach().requires_grad_()
    d_loss = game.d_loss(real_logits=real, fake_logits=fake).sum()
    d_slopes = torch.autograd.grad(d_loss, (real, fake), allow_unused=True)
    shown = real.detach() if game.needs_real_logits else None
    (g_slope,) = torch.autograd.grad(game.g_loss(fake_logits=fake, real_logits=shown).sum(), fake)
    return {
        "d_slope": torch.stack([slope.abs().mean() for slope in d_slopes if slope is not None]).mean(),
        "g_slope": g_slope.abs().mean(),
    }


def told_apart(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """P(real > fake) + P(real = fake) / 2 over all pairs of (N,), (M,): the area under the ROC curve."""
    difference = real_logits[:, None] - fake_logits
    return (difference.sign().mean() + 1) / 2


def knows_zero(game: Game, device: torch.device | None = None) -> bool:
    """Whether it matters to D if all its logits are larger by a number. It does not to a critic, nor to one that compares."""
    logits = torch.linspace(-1, 1, 8, device=device)
    before, after = (game.d_loss(real_logits=by + logits, fake_logits=by - logits).mean() for by in (0.0, 64.0))
    return not torch.allclose(before, after, rtol=1e-4, atol=1e-4)


@contextmanager
def _undisturbed(s: TrainingState) -> Iterator[None]:
    """Let both players run as in training, and then put back what that changes: running statistics, random numbers."""
    buffers = [buffer for player in (s.G, s.D) for buffer in player.buffers()]
    kept = [buffer.clone() for buffer in buffers]
    devices = [s.device] if s.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(0)
            yield
    finally:
        for buffer, value in zip(buffers, kept, strict=True):
            buffer.copy_(value)


def _latents(s: TrainingState, count: int) -> Tensor:
    seeds = range(FIRST_SEED, FIRST_SEED + count)
    return torch.from_numpy(latents(seeds, z_dim=s.config.z_dim, distribution=s.config.z_distribution)).to(s.device)


def _shown(s: TrainingState, real: Images) -> Images:
    """Real images as the discriminator sees them by now."""
    return Images(s.shown(real.images), real.labels)


def _judged(s: TrainingState, shown: Images) -> Tensor:
    """The discriminator's logits, (N,)."""
    return _in_batches(s, lambda images, labels: s.judge(images, labels).logits, shown.images, shown.labels)


def _in_batches(
    s: TrainingState, network: Callable[[Tensor, Tensor | None], Tensor], inputs: Tensor, labels: Tensor | None
) -> Tensor:
    """A network on inputs (N, ...), as many at a time as in training: more might not fit, and what looks at a batch minds.

    The last batch is filled up with the first inputs.
    """
    count, size = len(inputs), s.round_size
    places = torch.arange(-(-count // size) * size, device=inputs.device) % count
    parts = [network(inputs[index], None if labels is None else labels[index]) for index in places.split(size)]
    return torch.cat(parts)[:count]


def _overfitting(real: Tensor, unseen: Tensor, fake: Tensor) -> Tensor:
    """Equation 1's share, or NaN where the difference that it is a share of is not certain."""
    between = real.mean() - fake.mean()
    noise = (real.var() / len(real) + fake.var() / len(fake)).sqrt()
    return ((real.mean() - unseen.mean()) / between).where(between > CERTAIN * noise, torch.nan)


def _norm(optimizer: torch.optim.Optimizer) -> Tensor:
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    return nn.utils.get_total_norm(gradients) if gradients else torch.tensor(float("nan"))
