"""The commands: each parses, calls the library, prints. Heavy modules load inside, so that ``--help`` is quick."""
