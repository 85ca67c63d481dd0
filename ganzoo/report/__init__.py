"""One page about one or several runs: how they went, what they draw, what ails them and how they differ."""

from ganzoo.report.group import Group
from ganzoo.report.write import write_report

__all__ = ["Group", "write_report"]
