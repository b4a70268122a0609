"""Whether a host is fit to measure on now: one look, and what follows from it."""

from groundspeed.machine.fitness.judgement import fitness
from groundspeed.machine.fitness.look import Look, take_look

__all__ = ["Look", "fitness", "take_look"]
