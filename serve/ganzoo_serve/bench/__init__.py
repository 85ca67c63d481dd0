"""How fast the server is, against what this machine could do: ``python -m ganzoo_serve.bench MODEL.onnx``.

Talks to servers that it starts itself, on this machine, and to nothing else.
"""
