"""A worker leaves where it may: what a signal raised in the middle of anything could be lost."""

from __future__ import annotations

import signal
import threading

import pytest
from redis import Redis
from rq import Queue
from rq.exceptions import StopRequested

from workers.bell import QUEUE
from workers.worker import DrainingWorker


def test_a_stop_raises_nothing_where_the_signal_finds_the_worker_but_at_its_next_look(valkey: str) -> None:
    redis = Redis.from_url(valkey)
    worker = DrainingWorker([Queue(QUEUE, connection=redis)], connection=redis)
    worker.stop_event = threading.Event()
    worker.heartbeat()
    worker.request_stop(signal.SIGTERM, None)
    assert worker.stop_event.is_set()
    with pytest.raises(StopRequested):
        worker.heartbeat()
