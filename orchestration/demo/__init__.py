"""The demo consortium: a made, labelled landing folder and the truths planted in it.

What belongs here: drawing companies, projects and figures from a seed, and saying exactly what was planted.
What does not: reading, checking or benchmarking them; the demo enters by the same door as every participant.
"""

from orchestration.demo.consortium import make_consortium
from orchestration.demo.truth import PlantedTruth, Truth, truth_json

__all__ = ["PlantedTruth", "Truth", "make_consortium", "truth_json"]
