"""Larger experiments: tables over recipes and seeds, and what scores mean on a data set."""
