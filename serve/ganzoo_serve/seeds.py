"""From a seed to a latent: the same numbers on every machine and in every language, for ever.

Latent scheme 1. Word ``i`` of a seed is the i-th 64-bit output of Philox4x64-10 (Salmon et al. 2011,
doi:10.1145/2063384.2063405) under the key (seed, stream), with the 256-bit counter starting at 1 (NumPy increments it
before the first block) and the four words of a block taken in order. Stream 0 feeds the latent, stream 1 the class.
NumPy guarantees the raw stream of a bit generator but not ``standard_normal``, hence our own transform.

Everything below uses + - * / sqrt and frexp only. IEEE 754 defines these to the last bit, so NumPy, C and JavaScript
agree; log, sin and cos differ between maths libraries. A port must match ``tests/serve/seed_vectors.json``.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ganzoo_serve.errors import RequestError

LATENT_SCHEME: Final = 1
MAX_SEED = 2**53 - 1  # the largest integer that every JSON reader, JavaScript's included, keeps exact

Distribution: TypeAlias = Literal["normal", "uniform", "truncated", "spherical"]
Float64: TypeAlias = npt.NDArray[np.float64]
Seeds: TypeAlias = Sequence[int] | npt.NDArray[np.integer[Any]]

_LATENT_STREAM, _CLASS_STREAM = 0, 1


def latents(seeds: Seeds, *, z_dim: int, distribution: Distribution = "normal") -> npt.NDArray[np.float32]:
    """The latent of every seed: float32 (n, z_dim).

    ``normal``: standard normal. ``uniform``: in [-1, 1]. ``truncated``: standard normal within [-2, 2]. ``spherical``: a standard
    normal direction at distance sqrt(z_dim) from 0. Row i depends on ``seeds[i]`` alone, and, but for ``spherical``, a smaller
    ``z_dim`` gives the first numbers of a larger one.
    Raises RequestError if a seed is not an integer in 0 ... 2**53 - 1, ValueError for another distribution.
    """
    transform = _TRANSFORMS.get(distribution)
    if transform is None:
        known = ", ".join(_TRANSFORMS)
        raise ValueError(f"Unknown latent distribution {distribution!r}: expected one of {known}.")
    words = _raw_words(check_seeds(seeds), count=z_dim, stream=_LATENT_STREAM)
    # Bits 12 ... 63, centred: exact in float64, and strictly inside (0, 1).
    u = ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return transform(u).astype(np.float32)


def classes_from_seeds(seeds: Seeds, num_classes: int) -> npt.NDArray[np.int64]:
    """The class each seed gets when none is asked for: int64 (n,), uniform over 0 ... num_classes - 1.

    Raises RequestError as ``latents`` does, ValueError unless 1 <= num_classes <= 2**20.
    """
    if not 1 <= num_classes <= 2**20:
        raise ValueError(f"num_classes is {num_classes}: expected 1 ... {2**20}.")
    words = _raw_words(check_seeds(seeds), count=1, stream=_CLASS_STREAM)[:, 0]
    # floor(top 32 bits / 2**32 * num_classes), in integers; below 2**53, so JavaScript's numbers hold it too.
    return (((words >> np.uint64(32)) * np.uint64(num_classes)) >> np.uint64(32)).astype(np.int64)


def classes_as_frequent(seeds: Seeds, counts: Sequence[int]) -> npt.NDArray[np.int64]:
    """The class each seed gets where classes are to be as frequent as ``counts``, the images of each: int64 (n,).

    Raises as ``classes_from_seeds``; the counts add up to at most 2**20 or are scaled down to it.
    """
    ends = np.cumsum(np.asarray(counts, dtype=np.int64))
    total = int(ends[-1])
    if total > 2**20:  # millions of images: a class is drawn to one part in a million
        ends, total = ends * 2**20 // total, 2**20
    return np.searchsorted(ends, classes_from_seeds(seeds, total), side="right").astype(np.int64)


def check_seeds(seeds: Seeds) -> list[int]:
    """The seeds as plain integers. Raises RequestError for no sequence, or a seed that is not an integer in 0 ... 2**53 - 1."""
    if not (isinstance(seeds, Sequence) or (isinstance(seeds, np.ndarray) and seeds.ndim)):
        raise RequestError(f"Seeds are a sequence of integers, such as [0, 1]: not {str(seeds)[:60]}.", loc=("seeds",))
    for index, seed in enumerate(seeds):
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed <= MAX_SEED:
            shown = repr(seed) if not isinstance(seed, int) or abs(seed) < 10**30 else "a number of more than 30 digits"
            raise RequestError(f"Seed {shown} is not an integer in 0 ... {MAX_SEED}.", loc=("seeds", index))
    return [int(seed) for seed in seeds]


def normal_quantile(u: Float64) -> Float64:
    """Inverse of the standard normal distribution function, for u in (0, 1); any shape, relative error about 1e-16.

    Source: Wichura 1988, algorithm AS 241 (PPND16), Applied Statistics 37(3), 477-484.
    """
    q = u - 0.5
    x = np.empty_like(q)
    centre = np.abs(q) <= 0.425
    qc = q[centre]
    x[centre] = qc * _ratio(_CENTRE, 0.180625 - qc * qc)

    qt = q[~centre]
    # From u itself on the left: 1 - u is exact there too, but 0.5 + q would lose the smallest u.
    r = np.sqrt(-_log(np.where(qt < 0, u[~centre], 1.0 - u[~centre])))
    tail = _ratio(_TAIL, r - 1.6)
    far = r > 5.0
    if far.any():  # one number in 10**11
        tail[far] = _ratio(_FAR_TAIL, r[far] - 5.0)
    x[~centre] = np.where(qt < 0, -tail, tail)
    return x


def _uniform(u: Float64) -> Float64:
    return 2.0 * u - 1.0


def _truncated(u: Float64) -> Float64:
    return normal_quantile(_BELOW_MINUS_2 + u * (1.0 - 2.0 * _BELOW_MINUS_2))


def _spherical(u: Float64) -> Float64:
    x = normal_quantile(u)
    squares = np.cumsum(x * x, axis=1)[:, -1:]  # one after the other, as a port would add them; np.sum adds by pairs
    scaled: Float64 = x / np.sqrt(squares / x.shape[1])
    return scaled


_BELOW_MINUS_2 = 0.02275013194817921  # of the standard normal distribution
_TRANSFORMS: dict[str, Callable[[Float64], Float64]] = {
    "normal": normal_quantile,
    "uniform": _uniform,
    "truncated": _truncated,
    "spherical": _spherical,
}


def _raw_words(seeds: list[int], *, count: int, stream: int) -> npt.NDArray[np.uint64]:
    """The first ``count`` words of each seed: uint64 (n, count)."""
    words = np.empty((len(seeds), count), dtype=np.uint64)
    philox, fresh = _mine.philox, _mine.fresh
    fresh["state"]["key"][1] = stream
    for row, seed in enumerate(seeds):
        fresh["state"]["key"][0] = seed
        philox.state = fresh
        words[row] = philox.random_raw(count)
    return words


class _Mine(threading.local):
    """A generator for each thread: resetting its state costs a tenth of making one, which also asks the system for entropy."""

    def __init__(self) -> None:
        self.philox = np.random.Philox(key=0)
        self.fresh: Any = self.philox.state


_mine = _Mine()


def _ratio(coefficients: Float64, r: Float64) -> Float64:
    """Quotient of two polynomials in r (n,). Coefficients (terms, 2, 1): constant term first, numerator first."""
    above, below = _horner(coefficients, r)
    quotient: Float64 = np.divide(above, below)
    return quotient


def _horner(coefficients: Float64, r: Float64) -> Float64:
    value: Float64 = coefficients[-1] * r + coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        # Two roundings, never a fused multiply-add: a port has to do the same.
        value *= r
        value += coefficient
    return value


def _log(x: Float64) -> Float64:
    """Natural logarithm of x > 0, written out so that it does not depend on the platform's libm; within 2 ulp.

    x = m 2**e with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.1716. Eleven
    terms of the odd series leave less than 2**-60.
    """
    m, e = np.frexp(x)
    low = m < _SQRT_HALF
    m = np.where(low, m + m, m)
    k = (e - low).astype(np.float64)
    s = (m - 1.0) / (m + 1.0)
    series = s * _horner(_ARTANH, s * s)
    # ln 2 in two pieces: k times the first is exact, so the sum loses nothing to it.
    logarithm: Float64 = k * _LN2_HIGH + (2.0 * series + k * _LN2_LOW)
    return logarithm


_SQRT_HALF = 0.7071067811865476
_LN2_HIGH = 0.693147180369123816490  # the upper 32 bits of ln 2
_LN2_LOW = 1.90821492927058770002e-10
_ARTANH = np.array([1.0 / (2 * i + 1) for i in range(11)])


def _terms(above: tuple[float, ...], below: tuple[float, ...]) -> Float64:
    return np.array([above, below]).T[:, :, np.newaxis]


# Coefficients as printed in AS 241: |u - 0.5| <= 0.425; then r = sqrt(-log(min(u, 1 - u))) up to 5; then beyond.
_CENTRE = _terms(
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
_TAIL = _terms(
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
_FAR_TAIL = _terms(
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip
