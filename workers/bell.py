"""The doorbell: RQ on Redis wakes workers. Losing it costs time, never work."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "afteraction"
KINDS = ("absorb", "dispatch", "reconcile", "escalate", "seal", "prune")
JOB_SECONDS = 600


class Bell:
    """Rings for kinds of work; at most one ring of a kind waits at any time."""

    def __init__(self, redis: Redis) -> None:
        self._queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)

    def waiting(self) -> set[str]:
        """Kinds that were rung for and that no worker has answered yet."""
        return {job_id.split("-", 1)[0] for job_id in self._queue.get_job_ids()}

    def ring(self, kinds: Sequence[str], stamp: str) -> None:
        """Queues a job for each kind that none waits for. `stamp` makes the jobs' ids unique. Raises RedisError."""
        waiting = self.waiting() if kinds else set()
        for kind in kinds:
            if kind not in waiting:
                self._queue.enqueue(
                    "workers.jobs.answer",
                    kind,
                    job_id=f"{kind}-{stamp}",
                    result_ttl=0,
                    failure_ttl=3600,
                    job_timeout=JOB_SECONDS,
                )
