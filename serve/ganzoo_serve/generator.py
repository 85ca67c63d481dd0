"""An exported model, ready to draw: image ``seed`` is a function of (file, seed, class, truncation), of nothing else.

Kernels may sum in another order at another batch size, which moves the last bit of a pixel. So every run of a model has
one of a few fixed batch sizes, filled up where seeds run out: one size only, unless it was seen that the others give the
same bits (``models.tuning`` looks). Left to itself that size is 1 on a CPU.
"""

import copy
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from onnx.helper import tensor_dtype_to_np_dtype

from ganzoo_serve import classes as class_names
from ganzoo_serve import metadata as metadata_file
from ganzoo_serve import runtime, seeds
from ganzoo_serve.ahead import ahead
from ganzoo_serve.devices import Device, Where
from ganzoo_serve.errors import ModelError, RequestError
from ganzoo_serve.graph import expected_inputs, expected_outputs, feed
from ganzoo_serve.metadata import ModelMetadata
from ganzoo_serve.running import Output, Runs, open_runs
from ganzoo_serve.seeds import Seeds, check_seeds

Images: TypeAlias = npt.NDArray[np.uint8]
Classes: TypeAlias = int | str | Sequence[int | str] | npt.NDArray[np.integer[Any]] | None

# A GPU fills up with images side by side; a CPU core does not: one image a run makes 0.84 to 0.97 times as many images a
# second as 16 a run, of DCGAN-shaped nets of 32x32 on two x86 cores (not idle).
_BATCH_SIZE: dict[Where, int] = {"cpu": 1, "cuda": 32, "tensorrt": 32}
_LARGEST = 64  # that tuning may choose


class Generator:
    """A loaded model. Use ``load``. Every method may be called from several threads at once.

    ``metadata`` says what it makes; ``sha256`` (hex) and its first 12 digits, ``rev``, which file it is; ``device`` (cpu,
    cuda or tensorrt) and ``runtime`` where it runs. ``sizes`` are the batch sizes of its runs, ascending, and ``group`` the
    images that a thread should take at once; ``use`` sets them.
    """

    def __init__(
        self,
        runs: Runs,
        metadata: ModelMetadata,
        *,
        sha256: str,
        path: Path,
        batch_size: int | None = None,
    ) -> None:
        self.metadata, self.sha256, self.rev, self.path = metadata, sha256, sha256[:12], path
        self.device, self.runtime = runtime.session_device(runs.session), runtime.describe(runs.session)
        size = batch_size or _BATCH_SIZE[self.device]
        self.use((size,), size)
        self._runs, self._output = runs, _output(metadata)

    @classmethod
    def load(cls, path: str | Path, *, device: Device = "auto", batch_size: int | None = None) -> "Generator":
        """Read, check and try out an exported model.

        ``batch_size``: images per run (default: 1 on a CPU, 32 on a GPU); another size may move a pixel by 1 of 255.
        Raises ModelError or DeviceError, and ValueError unless the size is an integer from 1 on.
        """
        return cls.from_bytes(metadata_file.load_bytes(path), path=path, device=device, batch_size=batch_size)

    @classmethod
    def from_bytes(
        cls, data: bytes, *, path: str | Path, device: Device = "auto", batch_size: int | None = None
    ) -> "Generator":
        """As ``load``, from the content of the file; ``path`` names it in errors."""
        if batch_size is not None and (
            not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1
        ):
            raise ValueError(f"batch_size is {batch_size!r}: expected an integer from 1 on, or none.")
        # The same bytes are checked, hashed and run: the file may change meanwhile.
        metadata = metadata_file.read_bytes(data, source=str(path))
        batches = expected_inputs(metadata), (1, max(_LARGEST, batch_size or 1))
        runs = open_runs(data, _output(metadata), device=device, source=str(path), batches=batches)
        generator = cls(runs, metadata, sha256=hashlib.sha256(data).hexdigest(), path=Path(path), batch_size=batch_size)
        generator.draw([0])  # warms up, and finds a model that loads but does not run
        return generator

    def use(self, sizes: Sequence[int], group: int, *, seconds: float = 0.0) -> None:
        """Run in these batch sizes, ascending, from now on, and take ``group`` images at once where many wait.

        ``seconds``: what an image takes then. Raises ValueError for no sizes, or such as cannot be.
        """
        if not sizes or sizes[0] < 1 or list(sizes) != sorted(set(sizes)) or group < 1:
            raise ValueError(
                f"sizes are {list(sizes)}, group {group}: expected ascending sizes from 1 on, and at least 1."
            )
        self.sizes, self.group, self.seconds = tuple(sizes), group, seconds

    def at(self, path: Path) -> "Generator":
        """The same model, from a copy of its file."""
        other = copy.copy(self)
        other.path = path
        return other

    @property
    def batch_size(self) -> int:
        """The most images of one run."""
        return self.sizes[-1]

    @property
    def recorded(self) -> tuple[int, ...]:
        """The batch sizes that are replayed as CUDA graphs, of those that have run."""
        return self._runs.recorded

    @property
    def name(self) -> str:
        """What the model calls itself."""
        return self.metadata.name

    def sample(self, seeds: Seeds, *, classes: Classes = None, truncation: float | None = None) -> Images:
        """The images of these seeds, in order: uint8 (n, h, w, c).

        ``classes``: one for all or one per seed, ids or names; without any, each seed decides its own. ``truncation``
        in 0 ... 1, where 1 is off. More than one run's worth is drawn on all cores. Raises RequestError if the model
        cannot do what is asked.
        """
        check_seeds(seeds)
        if len(seeds) <= self.batch_size:
            return self.draw(seeds, classes=classes, truncation=truncation)
        image = self.metadata.image
        images = np.empty((len(seeds), image.height, image.width, image.channels), dtype=np.uint8)
        for index, drawn in enumerate(self.iter_samples(seeds, classes=classes, truncation=truncation)):
            images[index] = drawn
        return images

    def iter_samples(
        self, seeds: Seeds, *, classes: Classes = None, truncation: float | None = None
    ) -> Iterator[Images]:
        """As ``sample``, but one image (h, w, c) after the other; memory holds a few per core, however many seeds.

        A wrong request raises at the call, not at the first image.
        """
        labels = None
        if classes is not None:
            labels = self.labels(seeds, classes)
        else:  # those that seeds decide wait for their turn
            check_seeds(seeds)
        self.check_truncation(truncation)
        return self._stream(seeds, labels, truncation)

    def draw(self, seeds: Seeds, *, classes: Classes = None, truncation: float | None = None) -> Images:
        """As ``sample``, in the calling thread."""
        z = self.latents(seeds)
        return self.run(z, self.labels(seeds, classes), truncation)

    def run(
        self, z: npt.NDArray[np.float32], labels: npt.NDArray[np.int64] | None = None, truncation: float | None = None
    ) -> Images:
        """Images of given latents, in the calling thread: z float32 (n, z_dim), labels int64 (n,); uint8 (n, h, w, c).

        ``labels`` are needed if the model has classes. Raises RequestError on a wrong shape, value or omission.
        """
        self.check_truncation(truncation)
        return self.run_checked(*self.check_inputs(z, labels), truncation)

    def run_checked(
        self, z: npt.NDArray[np.float32], labels: npt.NDArray[np.int64] | None, truncation: float | None
    ) -> Images:
        """As ``run``, of what ``check_inputs`` and ``check_truncation`` have let pass, or ``latents`` and ``labels`` made."""
        parts, start = [], 0
        for size in self.batches(len(z)):
            part = slice(start, start + size)
            parts.append(self.run_once(z[part], None if labels is None else labels[part], truncation, size))
            start += size
        if len(parts) == 1:
            return parts[0]
        image = self.metadata.image
        return np.concatenate(parts) if parts else np.empty((0, image.height, image.width, image.channels), np.uint8)

    def run_once(
        self, z: npt.NDArray[np.float32], labels: npt.NDArray[np.int64] | None, truncation: float | None, size: int
    ) -> Images:
        """As ``run_checked``, in one run of ``size`` images, whichever ``sizes`` are in use; z has at most so many rows."""
        batch = feed(self.metadata, _fill_up(z, size), None if labels is None else _fill_up(labels, size), truncation)
        return self._run_batch(batch, size)[: len(z)]

    def batches(self, n: int) -> list[int]:
        """The batch sizes of the runs that make ``n`` images."""
        largest = self.sizes[-1]
        rest = n % largest
        last = [next(size for size in self.sizes if size >= rest)] if rest else []
        return [largest] * (n // largest) + last

    def latents(self, seeds_: Seeds) -> npt.NDArray[np.float32]:
        """The latents of these seeds for this model: float32 (n, z_dim). Raises RequestError on a bad seed."""
        latent = self.metadata.latent
        return seeds.latents(seeds_, z_dim=latent.dim, distribution=latent.distribution)

    def labels(self, seeds_: Seeds, classes: Classes = None) -> npt.NDArray[np.int64] | None:
        """The class id of every seed, int64 (n,), or None for a model without classes. Raises RequestError.

        Without ``classes`` each seed decides its own.
        """
        check_seeds(seeds_)
        names = self.metadata.classes
        if classes is None:
            return None if names is None else seeds.classes_from_seeds(seeds_, len(names))
        if isinstance(classes, int | str | np.integer):
            return np.full(len(seeds_), self.resolve_class(classes), dtype=np.int64)
        if len(classes) != len(seeds_):
            raise RequestError(
                f"{len(classes)} classes for {len(seeds_)} seeds: expected one class for all, or one per seed.",
                loc=("classes",),
            )
        ids = [self.resolve_class(value, loc=("classes", index)) for index, value in enumerate(classes)]
        return np.array(ids, dtype=np.int64)

    def resolve_class(self, value: int | str, *, loc: tuple[str | int, ...] = ("class",)) -> int:
        """The id of a class given by id or by name; case does not matter, and a string of digits is an id.

        Raises RequestError (at ``loc``) with the range or the nearest names.
        """
        return class_names.resolve(value, self.metadata.classes, model=self.name, loc=loc)

    def check_truncation(self, truncation: float | None) -> None:
        """Raise RequestError unless the model can be truncated so: a number in 0 ... 1, if it has truncation at all."""
        if truncation is None:
            return
        if self.metadata.truncation is None:
            raise RequestError(
                f"Model '{self.name}' has no truncation: leave it out, or take a BigGAN or StyleGAN2.",
                loc=("truncation",),
            )
        number = isinstance(truncation, int | float | np.integer | np.floating) and not isinstance(truncation, bool)
        if not (number and 0.0 <= truncation <= 1.0):  # also false for NaN
            raise RequestError(
                f"Truncation {truncation!r} is no number in range: expected 0 ... 1 (1 is off).", loc=("truncation",)
            )

    def verify_golden(self) -> dict[int, bool]:
        """For every golden seed of the file: does this machine draw it bit for bit as the exporting one did?"""
        golden = {int(seed): digest for seed, digest in self.metadata.golden.items()}
        images = self.iter_samples(list(golden))
        return {
            seed: hashlib.sha256(image.tobytes()).hexdigest() == digest
            for (seed, digest), image in zip(golden.items(), images, strict=True)
        }

    def _stream(
        self, seeds_: Seeds, labels: npt.NDArray[np.int64] | None, truncation: float | None
    ) -> Iterator[Images]:
        def draw(part: slice) -> Images:
            return self.draw(seeds_[part], classes=None if labels is None else labels[part], truncation=truncation)

        size = self.batch_size
        parts = (slice(start, start + size) for start in range(0, len(seeds_), size))
        # ONNX Runtime releases the GIL, so threads are enough.
        for images in ahead(draw, parts):
            yield from images

    def check_inputs(
        self, z: npt.NDArray[Any], labels: npt.NDArray[Any] | None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64] | None]:
        """Latents and labels as a run takes them: float32 (n, z_dim), int64 (n,) or None. Raises RequestError."""
        z = np.asarray(z, dtype=np.float32)
        if z.ndim != 2 or z.shape[1] != self.metadata.latent.dim:
            raise RequestError(f"z has shape {z.shape}: expected (n, {self.metadata.latent.dim}).", loc=("z",))
        if not np.isfinite(z).all():
            raise RequestError("z holds NaN or infinity: expected finite numbers.", loc=("z",))
        names = self.metadata.classes
        if names is None:
            if labels is not None:
                raise RequestError(f"Model '{self.name}' has no classes: leave the labels out.", loc=("labels",))
            return z, None
        if labels is None:
            raise RequestError(f"Model '{self.name}' has classes: labels are needed.", loc=("labels",))
        labels = np.asarray(labels)
        if labels.shape != (len(z),) or labels.dtype.kind not in "iu":
            raise RequestError(
                f"labels have shape {labels.shape} and type {labels.dtype}: expected ({len(z)},), integers.",
                loc=("labels",),
            )
        if len(labels) and not (labels.min() >= 0 and labels.max() < len(names)):
            raise RequestError(f"A label is out of range: expected 0 ... {len(names) - 1}.", loc=("labels",))
        return z, labels.astype(np.int64)

    def _run_batch(self, inputs: dict[str, npt.NDArray[Any]], size: int) -> Images:
        """One run of so many images: uint8 (size, h, w, c)."""
        try:
            images = self._runs(inputs, size)
        except Exception as error:  # ONNX Runtime's own exceptions share no base class
            raise ModelError(f"{self.path} failed while drawing: {str(error).splitlines()[0][:300]}") from error
        _, shape, dtype = self._output
        if images.shape != (size, *shape) or images.dtype != dtype:
            raise ModelError(
                f"{self.path} drew {images.dtype} {images.shape}: its metadata promise {dtype} {(size, *shape)}.\n"
                "Export it again: 'ganzoo export RUN'."
            )
        return as_pixels(images, self.metadata, source=str(self.path))


def as_pixels(images: npt.NDArray[Any], metadata: ModelMetadata, *, source: str) -> Images:
    """What a model of this ``metadata`` puts out, as uint8 (n, h, w, c). Raises ModelError for NaN, naming the ``source``."""
    if metadata.output == "float":
        images = _to_uint8(images, source=source)
    return images if metadata.layout == "nhwc" else images.transpose(0, 2, 3, 1)


def _output(metadata: ModelMetadata) -> Output:
    ((name, (elem_type, (_, *shape))),) = expected_outputs(metadata).items()
    return name, tuple(size for size in shape if size is not None), tensor_dtype_to_np_dtype(elem_type)


def _to_uint8(x: npt.NDArray[np.float32], *, source: str) -> Images:
    """float32 in [-1, 1] -> uint8, rounded as exported graphs round: half to even."""
    if not np.isfinite(x).all():
        raise ModelError(f"{source} drew NaN or infinity. Its training may have diverged: look at RUN/samples.")
    scaled = x * np.float32(127.5) + np.float32(127.5)
    pixels: Images = np.rint(np.clip(scaled, 0.0, 255.0)).astype(np.uint8)
    return pixels


def _fill_up(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """The rows, and the last one again until there are ``size``: a real input, so that no kernel meets odd numbers."""
    missing = size - len(array)
    return np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) if missing else array
