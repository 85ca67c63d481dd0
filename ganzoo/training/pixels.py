"""What generated images are like beside real ones, by their pixels alone: no classifier, no features, milliseconds."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 32  # pixels to which images are averaged before distances are taken
NEIGHBOURS = (
    5  # the radius of an image is the distance of its fifth nearest (Naeem et al. 2020, arXiv:2002.09797, appendix)
)
GROUPS, FEWEST = 16, 5  # groups of real images, and how many images there are for each of them at least
REACHED = 0.25  # of a group's share among real images, from which on generated ones count as reaching it


def small(images: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, F), of at most SIDE pixels along each side."""
    _, _, height, width = images.shape
    return F.adaptive_avg_pool2d(images, (min(height, SIDE), min(width, SIDE))).flatten(1)


def likeness(real: Tensor, fake: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
    """Numbers from as many real (N, F) as generated images (N, F); ``labels`` (N,) of both, where there are classes.

    - ``pixel_diversity``: mean distance between generated images over that between real ones, of the same class where there are
      classes. 1 for the data themselves, 0 where all are alike.
    - ``pixel_coverage``: share of real images with a generated one nearer than their fifth nearest real one (arXiv:2002.09797,
      equation 4); 1 - 1/32 for new images of the data.
    - ``pixel_precision``: share of generated images within that radius of a real one (arXiv:1904.06991, equation 2).
    - ``pixel_reach``: share of real images in groups of similar ones that generated images reach: of the modes of the data, how
      much the generator makes. Groups are k-means' (after Richardson & Weiss 2018, arXiv:1805.12462, who count bins).
    """
    among_real, among_fake, apart = _distances(real, real), _distances(fake, fake), _distances(real, fake)
    pairs = ~torch.eye(len(real), dtype=torch.bool, device=real.device)
    if labels is not None:
        pairs &= labels[:, None] == labels
    nearest = min(NEIGHBOURS, len(real) - 1)
    radius = among_real.kthvalue(nearest + 1, dim=1).values  # the nearest is itself
    return {
        "pixel_diversity": among_fake[pairs].mean() / among_real[pairs].mean(),
        "pixel_coverage": (apart.min(dim=1).values <= radius).float().mean(),
        "pixel_precision": (apart <= radius[:, None]).any(dim=0).float().mean(),
        "pixel_reach": _reach(real, fake),
    }


def group_centres(points: Tensor, groups: int, *, rounds: int = 10) -> Tensor:
    """(N, F) -> (groups, F): k-means (Lloyd 1982, doi:10.1109/TIT.1982.1056489), begun from points far from each other.

    No random numbers: the first is the nearest to the mean, each other the farthest from those before it.
    """
    chosen = [(points - points.mean(0)).square().sum(1).argmin()]
    far = (points - points[chosen[0]]).square().sum(1)
    for _ in range(groups - 1):
        chosen.append(far.argmax())
        far = torch.minimum(far, (points - points[chosen[-1]]).square().sum(1))
    centres = points[torch.stack(chosen)]
    for _ in range(rounds):
        members = F.one_hot(_distances(points, centres).argmin(1), groups).to(points.dtype)
        counts = members.sum(0)[:, None]
        centres = torch.where(counts > 0, members.T @ points / counts.clamp(min=1), centres)
    return centres


def _reach(real: Tensor, fake: Tensor) -> Tensor:
    centres = group_centres(real, max(1, min(GROUPS, len(real) // FEWEST)))
    own, made = (_shares(points, centres) for points in (real, fake))
    return own[made >= REACHED * own].sum()


def _shares(points: Tensor, centres: Tensor) -> Tensor:
    """How large a share of points (N, F) is nearest to each of centres (K, F): (K,)."""
    return F.one_hot(_distances(points, centres).argmin(1), len(centres)).float().mean(0)


def _distances(a: Tensor, b: Tensor) -> Tensor:
    # By differences: by products, which is quicker, equal images would be a little apart.
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
