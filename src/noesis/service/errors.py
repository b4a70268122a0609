"""What is answered in place of a result. Owns the status that goes with each refusal."""

from __future__ import annotations

from noesis.errors import NoesisError


class RefusedError(NoesisError):
    """A request that is not done: an HTTP status, what is wrong, and where in the request it stands
    (``"body.parameters.workers"``; empty where the request as a whole is meant)."""

    def __init__(self, status: int, what: str, where: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.where = where
