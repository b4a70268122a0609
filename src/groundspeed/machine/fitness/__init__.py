"""Whether a host is fit to measure on now: one look, and what follows from it."""

from groundspeed.machine.fitness.judgement import fitness, for_the_record
from groundspeed.machine.fitness.look import Look, take_look
from groundspeed.machine.fitness.room import DISK

__all__ = ["DISK", "Look", "fitness", "for_the_record", "take_look"]
