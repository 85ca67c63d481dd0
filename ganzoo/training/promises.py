"""What plugins built, held against what their records promise, before a game begins: a breach is named with its plugin."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ganzoo import ranks
from ganzoo.errors import BrokenPlugin
from ganzoo.nn import as_output
from ganzoo.specs import Game, ImageShape
from ganzoo.techniques import Random, Technique, Transform

PROBE = 2  # images: more than one, so that the batch dimension shows


def require_players(
    G: nn.Module, D: nn.Module, image_shape: ImageShape, z_dim: int, num_classes: int, who: str
) -> None:
    """Try both networks on two images, in evaluation mode: shapes, and images in [-1, 1]. Raises BrokenPlugin."""
    of_generator = {id(p) for p in G.parameters()}
    if any(id(p) in of_generator for p in D.parameters()):  # pulled two ways at once
        raise BrokenPlugin(f"{who}: its generator and discriminator share weights; expected networks of their own.")
    device = next((p.device for p in G.parameters()), torch.device("cpu"))
    z = torch.linspace(-1, 1, PROBE * z_dim, device=device).view(PROBE, z_dim)
    c = torch.arange(PROBE, device=device) % num_classes if num_classes else None
    try:
        G.eval()
        D.eval()
        with torch.no_grad():
            images = G(z, c)
            wanted = (PROBE, *image_shape)
            if not isinstance(images, Tensor) or tuple(images.shape) != wanted:
                raise BrokenPlugin(
                    f"{who}: its generator made {_show(images)} of z {tuple(z.shape)}; expected {wanted}."
                )
            if not images.abs().max() <= 1 + 1e-5:
                largest = images.abs().max().item()
                raise BrokenPlugin(
                    f"{who}: its generator made values of up to {largest:g}; expected [-1, 1], as of tanh."
                )
            given = D(images, c)
            try:
                logits = as_output(given).logits
            except (ValueError, AttributeError):
                logits = given
            if not isinstance(logits, Tensor) or tuple(logits.shape) != (PROBE,):
                raise BrokenPlugin(
                    f"{who}: its discriminator gave logits {_show(logits)} for {PROBE} images; expected ({PROBE},), "
                    "as a tensor or in a ganzoo.nn.DOutput."
                )
    except Exception as error:
        error.add_note(f"{who}: its networks were being tried on {PROBE} images.")
        raise
    finally:
        G.train()
        D.train()


def require_game(game: object, who: str) -> None:
    """Raise BrokenPlugin unless a loss built a Game of two per-sample functions."""
    if not isinstance(game, Game):
        raise BrokenPlugin(f"{who} built {_show(game)}; expected a ganzoo.Game.")
    logits = torch.linspace(-1, 1, PROBE)
    try:
        sides = {
            "d_loss": game.d_loss(real_logits=logits, fake_logits=logits),
            "g_loss": game.g_loss(fake_logits=logits, real_logits=logits if game.needs_real_logits else None),
        }
    except Exception as error:
        error.add_note(
            f"{who} was being tried on {PROBE} logits; a g_loss that needs real ones says needs_real_logits=True."
        )
        raise
    for side, value in sides.items():
        if not isinstance(value, Tensor) or tuple(value.shape) != (PROBE,):
            raise BrokenPlugin(
                f"{who}: its {side} gave {_show(value)} for logits ({PROBE},); expected ({PROBE},), not reduced."
            )


def require_technique(technique: object, players: Iterable[nn.Module], who: str) -> None:
    """Raise BrokenPlugin unless a regularizer built a Technique that keeps no network of the game as its own."""
    if not isinstance(technique, Technique):
        raise BrokenPlugin(f"{who} built {_show(technique)}; expected a ganzoo.techniques.Technique.")
    theirs = {id(p) for player in players for p in player.parameters()}
    if any(id(p) in theirs for p in technique.parameters()):
        raise BrokenPlugin(
            f"{who} keeps a network of the game as its own, so that it would be trained twice.\n"
            "Expected: it takes the networks from the 'step' that it is given."
        )
    interval = technique.interval
    if not isinstance(interval, int) or interval < 1:
        raise BrokenPlugin(
            f"{who} has interval {interval!r}; expected how many updates lie between two penalties, from 1."
        )


def require_transform(transform: object, image_shape: ImageShape, who: str) -> None:
    """Raise BrokenPlugin unless an augmentation built a Transform that keeps the shape of images."""
    if not isinstance(transform, Transform):
        raise BrokenPlugin(f"{who} built {_show(transform)}; expected a ganzoo.techniques.Transform.")
    images, random = torch.zeros(PROBE, *image_shape), Random(torch.device("cpu"), 0)
    with torch.no_grad(), ranks.alone(), torch.random.fork_rng(devices=[]):
        changed = transform(images, random)
    if not isinstance(changed, Tensor) or changed.shape != images.shape:
        raise BrokenPlugin(f"{who} made {_show(changed)} of images {tuple(images.shape)}; expected the same shape.")


def _show(value: object) -> str:
    return f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"{type(value).__name__}"
