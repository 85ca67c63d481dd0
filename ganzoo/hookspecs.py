"""The doors through which everything enters the zoo: one hook a kind.

A plugin is a module or object, named under the entry-point group ``ganzoo``, with functions marked ``@hookimpl``. All hooks
run once, when the registry is built; they declare and build nothing.
"""

from collections.abc import Callable

import click
import pluggy

from ganzoo.specs import Architecture, Augmentation, Dataset, FeatureExtractor, Loss, Metric, Recipe, Regularizer

# ganzoo's own, in the order in which a new user meets them; no plugin can have these names.
COMMANDS = (
    "train",
    "export",
    "doctor",
    "compare",
    "report",
    "eval",
    "scores",
    "sample",
    "serve",
    "inspect",
    "card",
    "data",
    "bench",
    "list",
    "plugins",
)

hookspec = pluggy.HookspecMarker("ganzoo")
hookimpl = pluggy.HookimplMarker("ganzoo")


@hookspec
def register_architectures(register: Callable[[Architecture], None]) -> None:
    """Offer generator and discriminator families to the zoo.

    Called once, when the registry is built. Declare only; nothing is built until a user asks for it by name.

    :param register: takes one Architecture; raises DuplicateName, naming both plugins, if the name is taken.

    Example: ``register(Architecture(name="dcgan", generator=build_generator, discriminator=build_discriminator))``
    """


@hookspec
def register_losses(register: Callable[[Loss], None]) -> None:
    """Offer adversarial games: what the discriminator and the generator minimise, and their papers' training defaults.

    Called once, when the registry is built.

    :param register: takes one Loss; raises DuplicateName, naming both plugins, if the name is taken.

    Example: ``register(Loss(name="ns", build=lambda options: Game(ns_d_loss, ns_g_loss), paper="arXiv:1406.2661"))``
    """


@hookspec
def register_regularizers(register: Callable[[Regularizer], None]) -> None:
    """Offer what is added around a game: penalties, constraints, auxiliary objectives.

    Called once, when the registry is built.

    :param register: takes one Regularizer; raises DuplicateName, naming both plugins, if the name is taken.

    Example: ``register(Regularizer(name="r1", build=build_r1, options=R1Options, paper="arXiv:1801.04406"))``
    """


@hookspec
def register_augmentations(register: Callable[[Augmentation], None]) -> None:
    """Offer differentiable transforms that real and generated images pass before the discriminator.

    Called once, when the registry is built.

    :param register: takes one Augmentation; raises DuplicateName, naming both plugins, if the name is taken.

    Example: ``register(Augmentation(name="flip", build=build_flip))``
    """


@hookspec
def register_datasets(register: Callable[[Dataset], None]) -> None:
    """Offer images, and labels if there are any, by name.

    Called once, when the registry is built; ``load`` runs when a user asks for the data.

    :param register: takes one Dataset; raises DuplicateName, naming both plugins, if the name is taken.

    Example: ``register(Dataset(name="mnist", load=load_mnist, resolution=32))``
    """


@hookspec
def register_features(register: Callable[[FeatureExtractor], None]) -> None:
    """Offer ways from images to the features that metrics compare, for ``ganzoo eval --features NAME``.

    Called once, when the registry is built; ``build`` runs when an evaluation asks for the features.

    :param register: takes one FeatureExtractor; raises DuplicateName, naming both plugins, if the name is taken.

    Example: ``register(FeatureExtractor(name="classifier", build=build_classifier))``
    """


@hookspec
def register_metrics(register: Callable[[Metric], None]) -> None:
    """Offer numbers that say how generated images compare with real ones.

    Called once, when the registry is built; ``compute`` runs when an evaluation asks for the metric.

    :param register: takes one Metric; raises DuplicateName, naming both plugins, if the name is taken.

    Example: ``register(Metric(name="fid", compute=fid, gives={"fid": "lower"}, needs={"moments"}, paper="arXiv:1706.08500"))``
    """


@hookspec
def register_recipes(register: Callable[[Recipe], None]) -> None:
    """Offer named, complete configurations, for ``ganzoo train NAME``.

    Called once, when the registry is built. Architecture and loss are given by name and may come from other plugins.

    :param register: takes one Recipe; raises DuplicateName, naming both plugins, if the name is taken.

    Example: ``register(Recipe(name="dcgan-quick", architecture="dcgan", loss="ns", settings={"kimg": 100}))``
    """


@hookspec
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Offer further commands under ``ganzoo``.

    Called when the command line is built. Import heavy modules inside the command, so that ``ganzoo --help`` stays quick.

    :param register: takes one click Command; raises DuplicateName if ganzoo or another plugin has that command.

    Example: ``register(my_command)``
    """
