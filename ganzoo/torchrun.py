"""What torchrun says of the process that it started, before anything is joined. Imports no torch."""

import os


def started() -> bool:
    """Whether torchrun started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def restarts() -> int:
    """How often torchrun has started the processes anew because one of them died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def number() -> int:
    """This process's number among all of them, also after they fell apart; 0 without torchrun."""
    return int(os.environ.get("RANK", "0")) if started() else 0


def on_this_machine() -> tuple[int, int]:
    """This process's number among those on this machine, and how many there are."""
    if not started():
        return 0, 1
    return int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
