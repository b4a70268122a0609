"""The results as columns, kept beside them: read once, extended by what is new, never the truth.

Owns the folder that it is given; writes nothing into the results. docs/index-format.md describes the files.
"""

from groundspeed.results.index.answers import Index as Index
from groundspeed.results.index.opening import open_index as open_index
from groundspeed.results.index.processes import Processes as Processes
from groundspeed.results.index.recorded import RecordedSession as RecordedSession
from groundspeed.results.index.samples import Samples as Samples
