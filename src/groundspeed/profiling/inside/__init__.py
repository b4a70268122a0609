"""What records inside the measured process: waits for locks, leaks, lines.

Standard library only, Python 3.8 or newer, and the one named tool where it can be imported (gilknocker,
objgraph, line_profiler). It lies on the path of that process under the name ``groundspeed_inside`` and
never imports groundspeed: hence the relative imports. It judges nothing: what to make of a record is the
reader's (groundspeed.profiling.recorded).

    python -m groundspeed_inside KIND REQUEST OUT RULER TOOLS...

REQUEST is a counting request (docs/worker-protocol.md); OUT becomes a speedscope document.
"""
