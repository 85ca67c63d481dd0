"""The application: who may ask for what, and how it is answered.

A request's way: ``connection`` (bytes) -> ``front`` (who asks, may they) -> ``routes`` (addresses; the two busiest are
described there, and go straight on) -> ``answers`` and ``inference`` (what it takes) -> the engine, and back as one of the
``replies``. What is known of it goes along in a ``requests.visit.Visit``. pyproject.toml says which may import which.
"""
