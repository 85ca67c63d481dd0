"""Open Inference Protocol v2, a subset: what Triton's and KServe's clients speak. ``routes/inference.py`` has the addresses."""
