"""The configuration of a training run, and how its values are found.

Values come in layers, weakest first: schema < loss < architecture < recipe < file < command line. All layers speak in
dotted keys (``optimizer_d.lr``), each key remembers the layer that set it, and pydantic judges the result.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ganzoo.errors import ConfigError, UnknownName
from ganzoo.registry import Registry
from ganzoo.resolution import TrainableSize
from ganzoo.specs import Architecture, Loss, Options, OptionsT

Unit = Annotated[float, Field(ge=0, lt=1)]
FREE_TABLES = ("arch", "loss_options", "regularizers", "augmentations", "stop_when")
IDENTITY = ("recipe", "architecture", "loss")
HINT = "See every value and where it comes from with '--dry-run'."  # after what is wrong with one


class Section(BaseModel):
    """A part of the configuration: unknown names are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)


class Annealing(Section):
    """How a number moves from its own value to ``to``, from ``begin_kimg`` until ``kimg`` (none: over the whole budget)."""

    to: float = Field(0.0, ge=0, description="value at the end")
    kimg: float | None = Field(None, gt=0, description="thousands of real images until the end; none: the budget")
    begin_kimg: float = Field(0.0, ge=0, description="thousands of real images before it begins to move")
    shape: Literal["linear", "cosine", "exponential"] = "linear"

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.kimg is None and self.begin_kimg:
            raise ValueError("begin_kimg is given without kimg")
        if self.kimg is not None and self.begin_kimg >= self.kimg:
            raise ValueError(f"it ends before it begins: begin_kimg={self.begin_kimg:g}, kimg={self.kimg:g}")
        if self.shape == "exponential" and not self.to:
            raise ValueError("an exponential never reaches 0: to=0")
        return self


class OptimizerConfig(Section):
    """One player's optimizer. ``betas`` are Adam's, ``momentum`` SGD's and RMSProp's, ``alpha`` RMSProp's decay.

    On CUDA, where betas or momentum are annealed steps are played by Python and not recorded.
    """

    kind: Literal["adam", "rmsprop", "sgd"] = "adam"
    lr: float = Field(2e-4, gt=0, description="learning rate")
    betas: tuple[Unit, Unit] = (0.5, 0.999)
    eps: float = Field(1e-8, gt=0)
    alpha: Unit = 0.99
    momentum: Unit = 0.0
    warmup_kimg: float = Field(0.0, ge=0, description="thousands of real images in which lr rises from 0")
    lr_anneal: Annealing | None = None
    beta2_anneal: Annealing | None = None
    momentum_anneal: Annealing | None = None

    @model_validator(mode="after")
    def _annealed_numbers_are_shares(self) -> Self:
        for name in ("beta2_anneal", "momentum_anneal"):
            annealing = getattr(self, name)
            if annealing and annealing.to >= 1:
                raise ValueError(f"{name}.to is {annealing.to:g}; expected less than 1")
        if self.beta2_anneal and self.kind != "adam":
            raise ValueError(f"beta2_anneal is Adam's, and kind is {self.kind}")
        if self.momentum_anneal and self.kind == "adam":
            raise ValueError("momentum_anneal is for sgd and rmsprop, and kind is adam")
        return self


class CriticBoost(Section):
    """Extra critic steps: ``n_critic`` of them in the first ``first`` generator steps and in every ``every``-th.

    Source: Arjovsky et al. 2017, arXiv:1701.07875, the authors' training settings (100 for the first 25 and every 500th).
    """

    n_critic: int = Field(100, ge=1)
    first: int = Field(25, ge=0)
    every: int = Field(500, ge=1)


class Plateau(Section):
    """When a number counts as no longer getting better. A lower one is better."""

    patience_kimg: float = Field(100.0, gt=0, description="thousands of real images without an improvement")
    min_change: float = Field(0.01, ge=0, lt=1, description="share of the best so far that is an improvement")


StopRule = Literal["fid-plateau", "wasserstein-plateau"]


class RollbackConfig(Section):
    """What to do when a game diverges: go back to the last good checkpoint, with other random numbers and a lower rate."""

    times: int = Field(0, ge=0, description="how often in a run; 0: a game that diverges ends")
    lr_factor: float = Field(0.5, gt=0, le=1, description="on both learning rates, each time")


class ScoringConfig(Section):
    """Measuring the generator while it learns. The first of ``metrics`` decides which checkpoint is the best."""

    every: float | None = Field(None, ge=0.001, description="kimg between evaluations; none: never")
    steps: tuple[int, ...] = Field((), description="generator updates after which to evaluate besides")
    metrics: tuple[str, ...] = Field(("fid",), min_length=1, description="what to measure: see 'ganzoo list metrics'")
    features: str | None = Field(None, description="what sees the images: see 'ganzoo list features'")
    samples: int = Field(10_000, ge=2, description="images drawn for an evaluation")
    split: Literal["train", "test"] = Field("train", description="real images to compare with")

    @property
    def wanted(self) -> bool:
        """Whether anything is to be measured."""
        return self.every is not None or bool(self.steps)


class TrainConfig(Section):
    """Everything that a training run depends on."""

    recipe: str = Field(description="what was asked for")
    architecture: str
    loss: str
    arch: dict[str, Any] = Field({}, description="options of the architecture")
    loss_options: dict[str, Any] = Field({}, description="options of the loss")
    regularizers: dict[str, dict[str, Any]] = Field({}, description="regularizers by name, with their options")
    augmentations: dict[str, dict[str, Any]] = Field({}, description="augmentations by name, with their options")

    dataset: str = Field("digits", description="a data set's name, or KIND:PATH")
    data_dir: Path | None = Field(None, description="folder with data files")
    resolution: TrainableSize | None = Field(None, description="pixels: 64, or height x width as 64x32")
    channels: Literal[1, 3, 4] | None = Field(None, description="1 grey, 3 RGB, 4 RGBA")
    conditional: bool = Field(False, description="give the class to both players")

    z_dim: int = Field(128, ge=1, le=65536)
    z_distribution: Literal["normal", "uniform", "truncated", "spherical"] = "normal"  # ganzoo_serve.seeds has them
    batch_size: int = Field(64, ge=2, le=65536)
    accumulate: int = Field(
        1, ge=1, description="rounds that a batch is divided into to save memory; batch norm sees a round"
    )
    n_critic: int = Field(1, ge=1, le=10000, description="discriminator steps for each generator step")
    d_pretraining: int = Field(
        0, ge=0, description="discriminator steps before all others, against the first generator"
    )
    critic_boost: CriticBoost | None = None
    optimizer_g: OptimizerConfig = OptimizerConfig()
    optimizer_d: OptimizerConfig = OptimizerConfig()
    ema_halflife_kimg: float = Field(10.0, ge=0, description="half-life of the averaged generator; 0 is no averaging")
    ema_rampup: float | None = Field(0.05, gt=0, description="half-life is at most this share of the images so far")

    kimg: float | None = Field(300.0, gt=0, le=1e9, description="budget in thousands of real images shown to D")
    steps: int | None = Field(None, ge=1, description="budget in generator updates; replaces kimg")
    seed: int = Field(0, ge=0, lt=2**32)
    device: str = Field("auto", description="auto, cpu, cuda or cuda:N")
    precision: Literal["auto", "fp32", "tf32", "bf16"] = Field("fp32", description="auto: what is quickest here")
    cuda_graphs: bool = Field(True, description="on CUDA, record a step once and replay it")
    stop_when: dict[StopRule, Plateau] = Field({}, description="reasons to stop before the budget is used up")
    rollback: RollbackConfig = RollbackConfig()
    sample_every: float = Field(25.0, ge=0.001, description="kimg between sample grids")
    sample_steps: tuple[int, ...] = Field((), description="generator updates after which to draw a grid besides")
    diagnose_every: float | None = Field(10.0, ge=0.001, description="kimg between looks at how it goes; none: never")
    checkpoint_every: float = Field(25.0, ge=0.001, description="kimg between checkpoints")
    keep_checkpoints: int = Field(2, ge=1)
    scoring: ScoringConfig = ScoringConfig()

    def share(self, nimg: int, g_steps: int) -> float:
        """Of the budget, how much is used up after so many images and generator updates: ``steps`` count if given."""
        return g_steps / self.steps if self.steps is not None else nimg / (1000 * (self.kimg or float("inf")))


def read_settings(path: Path) -> dict[str, Any]:
    """Settings from a ``.toml`` or ``.json`` file, or from a run's ``config.json``. Raises ConfigError if it is neither."""
    try:
        text = path.read_text(encoding="utf-8")
        settings = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}\nExpected settings as TOML (.toml) or JSON (.json)."
        ) from None
    if not isinstance(settings, dict):
        raise ConfigError(f"{path} holds no table of settings; expected for example 'batch_size = 32'.")
    inner = settings.get("config") if "format" in settings else None
    if isinstance(inner, dict):  # a run's own config.json: who trains anew names the recipe on the command line
        settings = {key: value for key, value in inner.items() if key not in (*IDENTITY, *FREE_TABLES)}
        for table in FREE_TABLES:  # emptied first: what the run did without is to stay away
            given = inner.get(table)
            settings[table] = None if isinstance(given, dict) else given
            settings |= {f"{table}.{key}": value for key, value in given.items()} if isinstance(given, dict) else {}
    return settings


@dataclass(frozen=True)
class Layer:
    """One source of settings: where they come from, and their values by dotted key.

    None empties a table of options (``arch`` and the like) or removes an entry of one.
    """

    origin: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Resolved:
    """A configuration, and the layer that each dotted key came from (absent: the schema's own default)."""

    config: TrainConfig
    origins: Mapping[str, str]

    def rows(self) -> list[tuple[str, str, str]]:
        """(key, value, origin) of every value, in the order of the schema."""
        flat = flatten(self.config.model_dump(mode="json"))
        return [(key, _show(value), self._origin(key)) for key, value in flat.items()]

    def _origin(self, key: str) -> str:
        while key:
            if key in self.origins:
                return self.origins[key]
            key = key.rpartition(".")[0]
        return "default"


def resolve(name: str, registry: Registry, layers: list[Layer], *, pair: bool = False) -> Resolved:
    """Find the recipe or the pair called ``name`` and lay the user's ``layers`` over its defaults.

    ``pair``: the pair, even if a recipe has its name. Raises UnknownName for a name that nobody registered, ConfigError with one
    line a field for a value that does not fit.
    """
    if name in registry.recipes and not pair:
        recipe = registry.recipes.get(name)
        architecture, loss = registry.architectures.get(recipe.architecture), registry.losses.get(recipe.loss)
        _refuse_disguise(name, architecture, loss, registry)
        settings = [Layer(f"recipe {name}", recipe.settings)]
    else:
        (architecture, loss), settings = registry.split_pair(name), []
    for layer in (*settings, *layers):
        _refuse_identity(layer)
    loss_defaults = {
        key: value
        for key, value in loss.defaults.items()
        if not key.startswith("arch.") or _takes(architecture.options, key.removeprefix("arch."), value)
    }
    asked = {"recipe": name, "architecture": architecture.name, "loss": loss.name}
    values, origins = _merge(
        [
            Layer("recipe" if settings else "name", asked),
            Layer(f"loss {loss.name}", loss_defaults),
            Layer(f"architecture {architecture.name}", architecture.defaults),
            *settings,
            *layers,
        ]
    )
    config = _validated(TrainConfig, values, origins)
    options = {
        "arch": full_options(architecture.options, config.arch, "arch", origins),
        "loss_options": full_options(loss.options, config.loss_options, "loss_options", origins),
        "regularizers": {
            key: full_options(registry.regularizers.get(key).options, given, f"regularizers.{key}", origins)
            for key, given in config.regularizers.items()
        },
        "augmentations": {
            key: full_options(registry.augmentations.get(key).options, given, f"augmentations.{key}", origins)
            for key, given in config.augmentations.items()
        },
    }
    registry.dataset_of(config.dataset)
    for metric in config.scoring.metrics if config.scoring.wanted else ():
        registry.metrics.get(metric)
    if config.scoring.wanted:
        first = registry.metrics.get(config.scoring.metrics[0])
        number, better = next(iter(first.gives.items()))
        if better == "neither":
            raise ConfigError(
                f"scoring.metrics: {first.name} cannot decide which checkpoint is the best: no value of {number} is better "
                "than another.\nExpected another one first, such as fid."
            )
    if config.scoring.wanted and config.scoring.features:
        registry.features.get(config.scoring.features)
    _refuse_unseen_reasons(config, loss)
    if config.conditional and not architecture.conditional:
        able = ", ".join(a.name for a in registry.architectures if a.conditional)
        raise ConfigError(
            f"Architecture {architecture.name!r} knows no classes.\n"
            f"Expected one of: {able or 'none installed'}; or leave out '--conditional'."
        )
    return Resolved(config.model_copy(update=options), origins)


def _refuse_unseen_reasons(config: TrainConfig, loss: Loss) -> None:
    """Raise ConfigError for a rule to stop by whose number nobody would measure."""
    if "fid-plateau" in config.stop_when and not (config.scoring.wanted and "fid" in config.scoring.metrics):
        raise ConfigError(
            "stop_when.fid-plateau: no FID is measured while it trains.\nExpected '--eval-every KIMG', and fid among "
            "scoring.metrics."
        )
    if "wasserstein-plateau" in config.stop_when and not loss.critic:
        raise ConfigError(
            f"stop_when.wasserstein-plateau: the loss {loss.name!r} estimates no Wasserstein distance.\n"
            "Expected wgan or wgangp, or '--stop-when fid-plateau --eval-every KIMG'."
        )
    if "wasserstein-plateau" in config.stop_when and config.diagnose_every is None:
        raise ConfigError(
            "stop_when.wasserstein-plateau: expected '--set diagnose_every=KIMG', as it is measured then."
        )


def with_budget(before: Resolved, *, kimg: float | None, steps: int | None) -> Resolved:
    """The configuration with another budget, to be used up; without one, as it is. Raises ConfigError for an impossible one."""
    budget: dict[str, Any] = {}
    if kimg is not None:
        budget = {"kimg": kimg, "steps": None, "stop_when": {}}
    elif steps is not None:
        budget = {"steps": steps, "stop_when": {}}
    origins = {**before.origins, **dict.fromkeys(budget, "resume")}
    return Resolved(_validated(TrainConfig, before.config.model_dump() | budget, origins), origins)


def _refuse_disguise(name: str, architecture: Architecture, loss: Loss, registry: Registry) -> None:
    """A recipe may be the tuned form of the pair that it is named like, but of no other: a name must not mislead."""
    try:
        pair = registry.split_pair(name)
    except UnknownName:
        return
    if pair != (architecture, loss):
        raise ConfigError(
            f"The recipe {name!r} of plugin {registry.recipes.origin(name)!r} is named like a pair that it is not: "
            f"it plays {architecture.name} with {loss.name}.\nExpected: the plugin gives it another name."
        )


def _takes(schema: type[Options], option: str, value: Any) -> bool:
    """Whether the options have that one and it can have that value: a norm that a family lacks is not its loss's fault."""
    try:
        schema.model_validate({option: value})
    except ValidationError:
        return False
    return True


def options_of(
    schema: type[OptionsT],
    given: Mapping[str, Any],
    prefix: str,
    origins: Mapping[str, str] | None = None,
    *,
    hint: str = HINT,
) -> OptionsT:
    """The options of a plugin's record with its defaults filled in. Raises ConfigError, one line a field, and ``hint``."""
    try:
        return schema.model_validate(dict(given))
    except ValidationError as error:
        raise ConfigError(explain(error, schema, origins or {}, prefix=f"{prefix}.", hint=hint)) from None


def full_options(
    schema: type[Options], given: Mapping[str, Any], prefix: str, origins: Mapping[str, str]
) -> dict[str, Any]:
    """As ``options_of``, as plain data."""
    return options_of(schema, given, prefix, origins).model_dump(mode="json")


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested mapping by dotted keys. An empty mapping is a value of its own."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _merge(layers: list[Layer]) -> tuple[dict[str, Any], dict[str, str]]:
    tree: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        values = flatten(layer.values)
        if "kimg" in values and "steps" not in values:  # else a weaker layer's steps would still win
            values["steps"] = None
        for key, value in values.items():
            *path, last = key.split(".")
            if value is None and key.split(".")[0] in FREE_TABLES:
                _remove(tree, path, last)
                origins = {k: v for k, v in origins.items() if k != key and not k.startswith(f"{key}.")}
                if not path:
                    origins[key] = layer.origin
                continue
            node = tree
            for part in path:
                child = node.get(part)
                node[part] = child if isinstance(child, dict) else {}
                node = node[part]
            if value == {} and isinstance(value, Mapping):
                node.setdefault(last, {})
                origins.setdefault(key, layer.origin)
            else:
                node[last] = value
                origins[key] = layer.origin
    return tree, origins


def _remove(tree: dict[str, Any], path: Sequence[str], last: str) -> None:
    node: Any = tree
    for part in path:
        node = node.get(part)
        if not isinstance(node, dict):
            return
    node.pop(last, None)


def _refuse_identity(layer: Layer) -> None:
    for key in flatten(layer.values):
        if key.split(".")[0] in IDENTITY:
            raise ConfigError(
                f"{key}: is no setting but part of what is asked for by name (from {layer.origin}).\n"
                "Expected for example 'ganzoo train dcgan-hinge'; see 'ganzoo list'."
            )


def _validated(schema: type[TrainConfig], values: Mapping[str, Any], origins: Mapping[str, str]) -> TrainConfig:
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(error, schema, origins)) from None


def explain(
    error: ValidationError, schema: type[BaseModel], origins: Mapping[str, str], prefix: str = "", hint: str = HINT
) -> str:
    """What a schema has against some values, a line for each, and ``hint``."""
    lines = []
    for finding in error.errors():
        # A rule over a whole record has no place of its own.
        key = (prefix + ".".join(str(part) for part in finding["loc"])).rstrip(".")
        origin = f" (from {origins[key]})" if key in origins else ""
        if finding["type"] == "extra_forbidden":
            known = _known(schema, finding["loc"][:-1])
            lines.append(f"{key}: there is no such option{origin}. Known here: {known}.")
        else:
            lines.append(f"{key}: {finding['msg']}; got {finding['input']!r}{origin}.")
    return "\n".join([*lines, hint])


def _known(schema: type[BaseModel], path: Sequence[int | str]) -> str:
    """The options of the section of ``schema`` at ``path``."""
    for part in path:
        if str(part) not in schema.model_fields:  # an index, of a list of sections
            continue
        annotation = schema.model_fields[str(part)].annotation
        sections = [t for t in (annotation, *get_args(annotation)) if isinstance(t, type) and issubclass(t, BaseModel)]
        schema = sections[0] if sections else schema
    return ", ".join(sorted(schema.model_fields)) or "none"


def _show(value: Any) -> str:
    return "-" if value is None else str(value)
