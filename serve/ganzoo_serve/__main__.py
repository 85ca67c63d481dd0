"""``python -m ganzoo_serve``."""

from ganzoo_serve.cli import main

main()
