"""Where data files are found: the user's folder, else the cache, else a download; the checksum is always verified."""

import hashlib
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganzoo.errors import DataError

ENVIRONMENT = "GANZOO_DATA"
CACHE = "GANZOO_CACHE"
TIMEOUT_S = 30  # for connecting, and for each silence of the server


def cache_folder(*parts: str) -> Path:
    """``$GANZOO_CACHE``, or the user's cache folder, and a folder below it."""
    import pooch

    return Path(os.environ.get(CACHE) or pooch.os_cache("ganzoo")).expanduser().joinpath(*parts)


@dataclass(frozen=True)
class DataFiles:
    """The files of one data set, or of what ``kind`` says that ``dataset`` names.

    ``data_dir`` is the user's folder with data (None: ``$GANZOO_DATA``, else none); a file is looked for in
    ``data_dir/DATASET/`` and in ``data_dir`` itself. Downloads go to ``$GANZOO_CACHE`` or the user's cache folder.
    """

    dataset: str
    data_dir: Path | None = None
    kind: str = "data set"

    def find(self, name: str, *, urls: Sequence[str], checksum: str) -> Path:
        """The path of a verified file, fetched if need be.

        ``checksum`` is ``md5:HEX`` or ``sha256:HEX``; ``urls`` are tried in turn. A wrong file in the cache is fetched
        again. Raises DataError naming the file, what was expected of it, and where it may be put by hand; also for a
        wrong file in the user's folder, which is never replaced.
        """
        if not re.fullmatch(r"(md5|sha256):[0-9a-f]+", checksum):
            raise ValueError(f"checksum {checksum!r} of {name}: expected 'md5:HEX' or 'sha256:HEX'")
        urls = [urls] if isinstance(urls, str) else urls
        here = self.local(name)
        if here is None:
            return self._fetch(name, urls, checksum)
        verify(here, checksum)
        return here

    def local(self, name: str) -> Path | None:
        """The path of a file in the user's folder, not verified; None if it is not there."""
        folder = self.folder()
        candidates = [folder / self.dataset / name, folder / name] if folder else []
        return next((path for path in candidates if path.is_file()), None)

    def folder(self) -> Path | None:
        """The user's folder with data, or None. Raises DataError if one was named that does not exist."""
        from_environment = os.environ.get(ENVIRONMENT)
        named = self.data_dir or (Path(from_environment).expanduser() if from_environment else None)
        if named is not None and not named.is_dir():
            raise DataError(f"There is no data folder {named}.\nGive an existing one by --data-dir or ${ENVIRONMENT}.")
        return named

    def _fetch(self, name: str, urls: Sequence[str], checksum: str) -> Path:
        import pooch

        cache = cache_folder("data", self.dataset)
        cached = cache / name
        if cached.is_file():
            try:
                verify(cached, checksum)
                return cached
            except DataError as error:
                print(f"{str(error).splitlines()[0]} It is fetched again.", file=sys.stderr)
        pooch.get_logger().setLevel("ERROR")  # it announces each URL in its own words
        problems = []
        for url in urls:
            print(f"Fetching {url}", file=sys.stderr)
            try:
                downloader = pooch.HTTPDownloader(
                    progressbar=sys.stderr.isatty(),
                    timeout=TIMEOUT_S,
                    headers={"Accept-Encoding": "identity"},  # else a .gz may arrive already unpacked
                )
                return Path(pooch.retrieve(url, checksum, fname=name, path=cache, downloader=downloader))
            except Exception as error:  # any mirror may fail in any way; the next one is tried
                problems.append(f"{url}: {(' '.join(str(error).split()) or type(error).__name__)[:150]}")
        raise DataError(
            f"{name} of {self.kind} {self.dataset!r} was not found and could not be fetched.\n"
            + "".join(f"  tried {problem}\n" for problem in problems)
            + f"Put the file ({checksum}) into DIR/{self.dataset}/ and run again with '--data-dir DIR'."
        )


def verify(path: Path, checksum: str) -> None:
    """Raise DataError unless the file can be read and has that checksum, ``md5:HEX`` or ``sha256:HEX``."""
    algorithm, _, expected = checksum.partition(":")
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, algorithm).hexdigest()
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    if actual != expected:
        raise DataError(
            f"{path} is damaged or another file: {algorithm} {actual}, expected {expected} ({size} bytes).\n"
            "Replace it, or take it away so that it is fetched again."
        )
