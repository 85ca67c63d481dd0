"""What ails a run, from its log and from a look at what its newest checkpoint draws."""

from ganzoo.doctor.examination import doctor, look

__all__ = ["doctor", "look"]
