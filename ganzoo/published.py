"""The models that come with ganzoo."""

from pathlib import Path

from ganzoo.errors import GanzooError


def model_cards() -> Path:
    """The folder of published models: inside the installed package, or beside it in a checkout. Raises GanzooError."""
    package = Path(__file__).parent
    for folder in (package / "model_cards", package.parent / "model_cards"):
        if folder.is_dir():
            return folder
    raise GanzooError("No models came with this installation. Expected: 'ganzoo serve FILE', of a model of your own.")
