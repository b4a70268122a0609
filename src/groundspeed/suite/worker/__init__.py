"""The process that runs inside a measured environment: imports the suite, holds one case a child.

Standard library and asv_runner only, Python 3.8 or newer: it measures commits older than this tool.
It lies in the ruler under the name ``groundspeed_worker``, talks JSON lines over two inherited
descriptors (docs/worker-protocol.md) and never imports groundspeed: hence the relative imports. It
decides nothing: what to run, how often, and what to make of it, is the caller's.

    python -m groundspeed_worker SUITE READ_FD WRITE_FD PATH...            serve requests
    python -m groundspeed_worker --case REQUEST READ_FD WRITE_FD PATH...   one case, here
    python -m groundspeed_worker --count REQUEST CALLS PATH...             one case, called and not timed
    python -m groundspeed_worker --repeat REQUEST READ_FD WRITE_FD PATH... one case, called when asked

The second is a case in a fresh interpreter, the third what perf or callgrind is put around, the last what a
profiler attaches to.
"""
