"""A client's connection: its bytes, its patience, and the way past ASGI for what is asked most."""
