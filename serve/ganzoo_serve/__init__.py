"""Draw images with exported GANs, and serve them over HTTP. Needs neither torch nor ganzoo.

Nothing heavy is imported here: ``Generator`` is in ``ganzoo_serve.generator``, ``create_app`` in ``ganzoo_serve.http.app``.
"""

__version__ = "0.1.0"
