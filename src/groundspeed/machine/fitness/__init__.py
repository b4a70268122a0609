"""Whether a host is fit to measure on now: one look, and what follows from it."""

from groundspeed.machine.fitness.judgement import fitness, for_the_record
from groundspeed.machine.fitness.look import Look, take_look

__all__ = ["Look", "fitness", "for_the_record", "take_look"]
