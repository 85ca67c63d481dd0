"""Export: a run's averaged generator as one self-describing ONNX file, refused unless it agrees with torch."""

from ganzoo.export.export import ExportReport, export_generator, export_run

__all__ = ["ExportReport", "export_generator", "export_run"]
