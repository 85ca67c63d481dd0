"""What to try against an ailment: options of ``ganzoo train``, such as can be added to a run's own settings.

Names are of what ganzoo brings along; an option is only given where its author says that it works.
"""

from __future__ import annotations

from ganzoo.config import TrainConfig

# They look at several samples at a time, and then there is no gradient of one sample's logit to penalise ...
MIXING = {"packing", "minibatch-discrimination", "minibatch-deviation"}
# ... as these do.
SLOPES = {"gradient-penalty", "dragan", "r1", "r2", "max-gradient-penalty", "wasserstein-divergence"}


def calmer_discriminator(config: TrainConfig) -> str:
    """One whose output rises less steeply: R1, which makes simple games converge (Mescheder et al. 2018, arXiv:1801.04406)."""
    if MIXING.isdisjoint(config.regularizers) and "r1" not in config.regularizers:
        norm = " --set arch.norm_d=none" if config.arch.get("norm_d") == "batch" else ""
        return f"--regularizer r1:gamma=1{norm}"
    if "instance-noise" not in config.augmentations:  # Arjovsky & Bottou 2017, arXiv:1701.04862, section 3
        return "--augment instance-noise"
    return f"--set optimizer_d.lr={config.optimizer_d.lr / 4:g}"


def slower_generator(config: TrainConfig) -> str:
    """A tenth of its learning rate."""
    return f"--set optimizer_g.lr={config.optimizer_g.lr / 10:g}"


def slower_players(config: TrainConfig, by: float) -> str:
    """Both learning rates divided."""
    return f"--set optimizer_g.lr={config.optimizer_g.lr / by:g} --set optimizer_d.lr={config.optimizer_d.lr / by:g}"


def better_discriminator(config: TrainConfig) -> str:
    """One more step of it for each of the generator's."""
    return f"--set n_critic={config.n_critic + 1}"


def more_kinds(config: TrainConfig) -> str:
    """Against a generator that makes few kinds of images."""
    embedding = config.arch.get("embedding_dim", 0)
    if config.conditional and 4 * embedding >= config.z_dim:  # the class drowns z: each has one image then
        return f"--set arch.embedding_dim={max(1, config.z_dim // 8)}"
    if not config.conditional and SLOPES.isdisjoint(config.regularizers) and "packing" not in config.regularizers:
        return "--regularizer packing"  # Lin et al. 2018, arXiv:1712.04086
    if "mode-seeking" not in config.regularizers:  # Mao et al. 2019, arXiv:1903.05628
        return "--regularizer mode-seeking"
    return slower_players(config, 2)


def more_data(config: TrainConfig) -> str:
    """Against players that know their images by heart."""
    pictures = config.resolution is not None  # which points in the plane have none of
    if pictures and "diffaugment" not in config.augmentations:  # Zhao et al. 2020, arXiv:2006.10738
        return "--augment diffaugment"
    if "lecam" not in config.regularizers:  # Tseng et al. 2021, arXiv:2104.03310
        return "--regularizer lecam"
    return f"--set optimizer_d.lr={config.optimizer_d.lr / 4:g}"


def longer(config: TrainConfig) -> str:
    """Twice the budget."""
    return f"--steps {2 * config.steps}" if config.steps else f"--kimg {2 * (config.kimg or 0):g}"
