"""The doorbell: RQ on Redis wakes workers. Losing it costs time, never work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from redis import Redis
from redis.exceptions import LockError
from rq import Queue
from rq.serializers import JSONSerializer

from service.wiring import Components, NotReady

QUEUE = "afteraction"
KINDS = ("absorb", "dispatch", "reconcile", "escalate", "seal", "prune", "sweep", "watch", "credentials")
JOB_SECONDS = 600
RING_SECONDS = 5.0
NO_BELL = "The bell does not answer (%s): start Redis or Valkey, or mend REDIS_URL. Work waits, and none is lost."


def check_address(components: Components) -> None:
    """Raises NotReady where REDIS_URL is no address at all. Whether anybody answers there shows later."""
    try:
        components.redis().connection_pool.make_connection()
    except (ValueError, TypeError):
        # Not repeated: the address may hold a password.
        raise NotReady(
            "REDIS_URL is not the address of a Redis or Valkey: write it like redis://host:6379/0 or unix:///path."
        ) from None


class Bell:
    """Rings for kinds of work; at most one ring of a kind waits at any time."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)

    def waiting(self) -> set[str]:
        """Kinds that were rung for and that no worker has answered yet."""
        return {job_id.split("-", 1)[0] for job_id in self._queue.get_job_ids()}

    def ring(self, kinds: Sequence[str], stamp: str) -> None:
        """Queues a job for each kind that none waits for. `stamp` makes the jobs' ids unique. Raises RedisError."""
        if not kinds:
            return
        # Two clocks that looked at what waits before either has rung would both ring: one goes, the other looks again.
        turn = self._redis.lock(f"{QUEUE}:ringing", timeout=RING_SECONDS)
        if not turn.acquire(blocking=False):
            return
        try:
            waiting = self.waiting()
            for kind in kinds:
                if kind not in waiting:
                    self._enqueue(kind, stamp)
        finally:
            with suppress(LockError):
                turn.release()

    def _enqueue(self, kind: str, stamp: str) -> None:
        self._queue.enqueue(
            "workers.jobs.answer",
            kind,
            job_id=f"{kind}-{stamp}",
            result_ttl=0,
            failure_ttl=3600,
            job_timeout=JOB_SECONDS,
        )
