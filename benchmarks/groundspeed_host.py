"""What groundspeed itself costs while it measures: telemetry's share of a core, and one reading."""

import time

READINGS = 300


def recorder():
    try:
        from groundspeed.machine import telemetry
    except ImportError as error:
        raise NotImplementedError("this commit records no telemetry") from error
    return telemetry


class Telemetry:
    """Readings of this host, one after the other; GPUs where the driver shows any."""

    timeout = 60

    def setup(self):
        from groundspeed.machine.tree import this_tree

        self.probe = recorder().Probe(this_tree())

    def time_reading(self):
        self.probe.read(1.0)

    def track_share_of_a_core(self):
        """Processor time of a reading over the interval between two: what a session pays."""
        started = time.process_time()
        for _ in range(READINGS):
            self.probe.read(1.0)
        return (time.process_time() - started) / READINGS / recorder().INTERVAL_S

    track_share_of_a_core.unit = "share"
