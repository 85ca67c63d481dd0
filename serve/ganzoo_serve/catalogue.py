"""The models a server holds: files and folders in, generators by name out.

A model is called what its metadata say (``name``, chosen at export), whatever its file is called.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ganzoo_serve import runtime
from ganzoo_serve.errors import ModelError
from ganzoo_serve.generator import Generator

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Skipped:
    """A file in a folder that could not be loaded, and why."""

    path: Path
    reason: str


class Catalogue(Mapping[str, Generator]):
    """Loaded models by name, and the files that were passed over. ``close`` it, or use it as a context manager."""

    def __init__(self, generators: Mapping[str, Generator], skipped: Iterable[Skipped] = ()) -> None:
        self._generators = dict(generators)
        self.skipped = tuple(skipped)

    @classmethod
    def load(
        cls, paths: Iterable[str | Path], *, device: runtime.Device = "auto", workers: int | None = None
    ) -> "Catalogue":
        """Load files, and from folders ``*.onnx`` and ``*/model.onnx`` (how model cards are laid out).

        A bad file that was named raises ModelError; one found in a folder is skipped and logged. Two models of one
        name, or no model at all, raise ModelError too.
        """
        given = [Path(path) for path in paths]
        generators: dict[str, Generator] = {}
        skipped: list[Skipped] = []
        try:
            for path, named in _candidates(given):
                try:
                    generator = Generator.load(path, device=device, workers=workers)
                except ModelError as error:
                    if named:
                        raise
                    logger.warning("Skipped %s: %s", path, error)
                    skipped.append(Skipped(path, str(error)))
                    continue
                _add(generators, generator)
            if not generators:
                raise ModelError(_nothing_in(given, skipped))
        except BaseException:
            for generator in generators.values():
                generator.close()
            raise
        return cls(generators, skipped)

    def close(self) -> None:
        """Close every generator."""
        for generator in self._generators.values():
            generator.close()

    def __getitem__(self, name: str) -> Generator:
        return self._generators[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._generators))

    def __len__(self) -> int:
        return len(self._generators)

    def __enter__(self) -> "Catalogue":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _candidates(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Every file to try, once, and whether it was named (True) or found in a folder."""
    seen: set[Path] = set()
    for path in paths:
        found = [path]
        if path.is_dir():
            found = sorted({*path.glob("*.onnx"), *path.glob("*/model.onnx")})
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file, not path.is_dir()


def _add(generators: dict[str, Generator], generator: Generator) -> None:
    other = generators.setdefault(generator.name, generator)
    if other is not generator:
        generator.close()
        raise ModelError(
            f"Two models are called '{generator.name}': {other.path} and {generator.path}.\n"
            "Leave one out, or export it under another name: 'ganzoo export RUN --name NAME'."
        )


def _nothing_in(paths: list[Path], skipped: list[Skipped]) -> str:
    where = ", ".join(map(str, paths)) or "no path at all"
    reasons = "".join(f"\n  {skip.path}: {skip.reason.splitlines()[0]}" for skip in skipped)
    return (
        f"No model to serve in {where}: expected .onnx files, or a folder with NAME.onnx or NAME/model.onnx.{reasons}\n"
        "Make one with 'ganzoo export RUN'."
    )
