"""An exported graph as a differentiable torch function."""

from ganzoo_inversion.graph.torch_graph import OPERATORS, TorchGraph

__all__ = ["OPERATORS", "TorchGraph"]
