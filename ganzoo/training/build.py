"""A game at its start: players, techniques, loss and optimizers, built from a configuration and held against their promises."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch

from ganzoo import ranks
from ganzoo.config import TrainConfig, options_of
from ganzoo.errors import ConfigError
from ganzoo.registry import Registry
from ganzoo.runs.folder import class_counts
from ganzoo.runs.networks import build_networks
from ganzoo.specs import ImageData, ImageShape, TechniqueContext
from ganzoo.techniques import Random
from ganzoo.training.data import training_data
from ganzoo.training.gathered import gather_batch_norms
from ganzoo.training.optimizers import build_optimizer
from ganzoo.training.promises import require_game, require_players, require_technique, require_transform
from ganzoo.training.rectifiers import twice_differentiable
from ganzoo.training.state import TrainingState


def build_state(config: TrainConfig, registry: Registry, data: ImageData, device: torch.device) -> TrainingState:
    """Set up a game from its start. Raises ConfigError for what cannot go together, before anything is written."""
    if config.conditional and data.labels is None:
        raise ConfigError(
            f"Data set {config.dataset!r} has no labels: leave out '--conditional', or use a labelled one."
        )
    parts = config.accumulate * ranks.world()
    if config.batch_size % parts or config.batch_size // parts < 2:
        less, more = (parts * max(2, count) for count in (config.batch_size // parts, config.batch_size // parts + 1))
        raise ConfigError(
            f"A batch of {config.batch_size} cannot be divided into {parts}: processes {ranks.world()}, accumulate "
            f"{config.accumulate}.\nExpected a multiple of {parts}, with at least 2 samples for each: '--batch-size {less}' or "
            f"'{more}', or another '--set accumulate=N'."
        )
    _, height, width, channels = data.images.shape
    image_shape = ImageShape(channels, height, width)
    counts = class_counts(data) if config.conditional else ()
    num_classes = len(counts)
    torch.manual_seed(config.seed)
    # Channels last is the order in which convolutions are quickest; what has none stays as it is.
    G, D = (
        network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in its stubs
        for network in build_networks(config, registry, image_shape, num_classes)
    )
    G.train()
    D.train()
    if ranks.world() > 1:
        G, D = gather_batch_norms(G), gather_batch_norms(D)
        ranks.as_first_has([*G.parameters(), *G.buffers(), *D.parameters(), *D.buffers()])

    def context(options: Any) -> TechniqueContext[Any]:
        return TechniqueContext(
            options=options,
            generator=G,
            discriminator=D,
            image_shape=image_shape,
            z_dim=config.z_dim,
            num_classes=num_classes,
        )

    regularizers, augmentations = registry.regularizers, registry.augmentations
    techniques, transforms = {}, {}
    for name, given in config.regularizers.items():
        build = regularizers.get(name).build
        if build is None:  # it is all in the discriminator
            continue
        technique = build(context(options_of(regularizers.get(name).options, given, f"regularizers.{name}")))
        require_technique(technique, (G, D), regularizers.describe(name))
        techniques[name] = technique.to(device)
        if ranks.world() > 1:
            gather_batch_norms(technique)
            ranks.as_first_has([*technique.parameters(), *technique.buffers()])
    for name, given in config.augmentations.items():
        options = options_of(augmentations.get(name).options, given, f"augmentations.{name}")
        transform = augmentations.get(name).build(context(options))
        require_transform(transform, image_shape, augmentations.describe(name))
        transforms[name] = transform.to(device)
    if techniques:  # some of them differentiate the discriminator twice
        twice_differentiable(D)
    loss = registry.losses.get(config.loss)
    game = loss.build(options_of(loss.options, config.loss_options, "loss_options"))
    require_game(game, registry.losses.describe(config.loss))
    require_players(G, D, image_shape, config.z_dim, num_classes, registry.architectures.describe(config.architecture))
    extra = [p for technique in techniques.values() for p in technique.parameters()]
    if ranks.rank():
        torch.manual_seed(config.seed + 2 + ranks.rank())
    return TrainingState(
        config=config,
        device=device,
        image_shape=image_shape,
        class_counts=counts,
        data=training_data(data, conditional=config.conditional, seed=config.seed, device=device),
        game=game,
        G=G,
        D=D,
        G_ema=deepcopy(G).requires_grad_(False),
        techniques=techniques,
        augmentations=transforms,
        opt_g=build_optimizer(G.parameters(), config.optimizer_g, device),
        opt_d=build_optimizer([*D.parameters(), *extra], config.optimizer_d, device),
        random=Random(device, config.seed + 1),
    )
