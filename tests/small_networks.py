"""What tests of several rooms share about architectures: how each is made small, and its players built."""

NEVER_BUILT = {
    "generator": NotImplemented,
    "discriminator": NotImplemented,
}  # the players of a record that is only named


def players(architecture, config):
    """The generator, then the discriminator."""
    return architecture.generator(config), architecture.discriminator(config)


def small_options(architecture):
    """Options by which its networks are tiny and, if they grow, full-grown from the start."""
    small = {}
    for name, field in architecture.options.model_fields.items():
        if name.startswith("hidden"):
            small[name] = [8, 6]
        elif name.startswith("max_"):
            small[name] = 8
        elif name == "attention_at":  # needs more channels
            small[name] = 0
        elif name.endswith("_kimg"):
            small[name] = 0.0
        elif name.startswith("depth"):
            small[name] = [1] if isinstance(field.get_default(), tuple) else 1
        elif field.annotation is int and any(word in name for word in ("width", "dim", "channels", "rank")):
            small[name] = max(4, _least(field))
    return small


def _least(field):
    """The lower bound of an option, or 0."""
    return max((bound.ge for bound in field.metadata if hasattr(bound, "ge")), default=0)
