"""One file per group of routes; each has a ``router`` that ``app.create_app`` includes."""
