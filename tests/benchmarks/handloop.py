"""A training loop as one writes it by hand: for 'ganzoo bench train RECIPE --against tests/benchmarks/handloop.py'.

The same networks, losses and penalties, nothing of ganzoo's engine: real and generated images judged in two passes, gradients
collected in the discriminator by the generator's step, Adam as torch has it by default, an averaged generator. In bf16 the
networks run under autocast and penalties do not.
"""

from copy import deepcopy
from itertools import count

import torch
from torch.nn import functional as F


def logits_of(D, images, labels):
    output = D(images, labels)
    return getattr(output, "logits", output)


def d_loss_of(loss, real, fake):
    if loss == "wgangp":
        return fake.mean() - real.mean()
    if loss in ("ns", "mm"):
        return F.softplus(-real).mean() + F.softplus(fake).mean()
    if loss == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    if loss == "rpgan":
        return F.softplus(fake - real).mean()
    raise SystemExit(f"This loop knows wgangp, ns, mm, hinge and rpgan, not {loss}.")


def g_loss_of(loss, real, fake):
    if loss == "rpgan":
        return F.softplus(real - fake).mean()
    if loss == "ns":
        return F.softplus(-fake).mean()
    if loss == "mm":
        return -F.softplus(fake).mean()
    return -fake.mean()


def gradient_penalty(D, real, fake, labels, weight):
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    mixed = (share * real + (1 - share) * fake).requires_grad_(True)
    (gradient,) = torch.autograd.grad(logits_of(D, mixed, labels).sum(), mixed, create_graph=True)
    return weight * ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def zero_centred(D, images, labels):
    images = images.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(logits_of(D, images, labels).sum(), images, create_graph=True)
    return gradient.flatten(1).square().sum(1).mean()


def build(config, G, D, images, labels):
    unknown = set(config.regularizers) - {"gradient-penalty", "r1", "r2", "drift"}
    if unknown or config.augmentations:
        raise SystemExit(f"This loop knows no {', '.join([*unknown, *config.augmentations])}.")
    opt_g, opt_d = (
        torch.optim.Adam(network.parameters(), lr=settings.lr, betas=settings.betas)
        for network, settings in ((G, config.optimizer_g), (D, config.optimizer_d))
    )
    average = deepcopy(G)
    weight = config.regularizers.get("gradient-penalty", {}).get("weight", 0.0)
    drift = config.regularizers.get("drift", {}).get("weight", 0.0)
    gammas = {
        name: (config.regularizers[name].get("gamma", 10.0), config.regularizers[name].get("interval", 1))
        for name in ("r1", "r2")
        if name in config.regularizers
    }
    steps = count()
    labels = labels if config.conditional else None

    def batch():
        index = torch.randint(len(images), (config.batch_size,), device=images.device)
        return images[index].float() / 127.5 - 1, None if labels is None else labels[index]

    def latents():
        z = torch.randn(config.batch_size, config.z_dim, device=images.device)
        return z if config.z_distribution == "normal" else torch.rand_like(z) * 2 - 1

    def autocast():
        return torch.autocast(images.device.type, torch.bfloat16, enabled=config.precision == "bf16")

    def penalties(real, fake, y, real_logits):
        if weight:
            yield gradient_penalty(D, real, fake, y, weight)
        if drift:
            yield drift * real_logits.float().square().mean()
        step = next(steps)
        for name, (gamma, interval) in gammas.items():
            if step % interval == 0:
                yield interval * gamma / 2 * zero_centred(D, real if name == "r1" else fake, y)

    def iteration():
        for _ in range(config.n_critic):
            real, y = batch()
            with torch.no_grad(), autocast():
                fake = G(latents(), y).float()
            with autocast():
                real_logits = logits_of(D, real, y)
                loss = d_loss_of(config.loss, real_logits, logits_of(D, fake, y))
            loss = loss + sum(penalties(real, fake, y, real_logits))
            opt_d.zero_grad()
            loss.backward()
            opt_d.step()
        real, y = batch()
        with autocast():
            real_logits = logits_of(D, real, y).detach() if config.loss == "rpgan" else None
            loss = g_loss_of(config.loss, real_logits, logits_of(D, G(latents(), y), y))
        opt_g.zero_grad()
        loss.backward()
        opt_g.step()
        with torch.no_grad():
            for old, new in zip(average.parameters(), G.parameters(), strict=True):
                old.lerp_(new, 0.001)

    return iteration
