"""``python -m ganzoo``, for torchrun and for machines where scripts are not on the path."""

from ganzoo.cli import main

if __name__ == "__main__":
    main(prog_name="ganzoo")
