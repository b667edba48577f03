"""The worker process: an RQ SimpleWorker (no fork a job) that beats, drains on SIGTERM, and survives a lost Redis."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from datetime import timedelta
from types import FrameType

from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from service.wiring import Components, open_instance
from workers.bell import NO_BELL, QUEUE, check_address
from workers.jobs import Workbench

BEAT = timedelta(seconds=10)
LOST_BELL_SECONDS = 2.0
LOOK_SECONDS = 1

log = logging.getLogger("afteraction.worker")


def run(components: Components) -> None:
    """Works until SIGTERM or SIGINT; the job under way is finished first. Raises NotReady where it cannot begin."""
    check_address(components)
    open_instance(components)
    stop = threading.Event()
    handle_stop(stop)
    logging.getLogger("rq.worker").addFilter(_in_our_words)
    name = f"worker:{socket.gethostname()}:{os.getpid()}"
    Workbench.components = components
    Workbench.stopping = stop.is_set
    beating = threading.Thread(target=_beat, args=(components, name, stop), daemon=True)
    beating.start()
    try:
        while not stop.is_set():
            try:
                _work(components, stop)
            except RedisError as error:
                log.warning(NO_BELL, type(error).__name__)
            # RQ's handlers belong to a worker that is no more.
            handle_stop(stop)
            stop.wait(LOST_BELL_SECONDS)
    finally:
        stop.set()
        beating.join(timeout=5)
        _forget(components, name)


def _work(components: Components, stop: threading.Event) -> None:
    redis = components.redis()
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    worker = DrainingWorker(
        [queue], connection=redis, serializer=JSONSerializer, worker_ttl=30, maintenance_interval=30
    )
    worker.stop_event = stop
    worker.work(logging_level="WARNING", with_scheduler=False)


class DrainingWorker(SimpleWorker):
    """Leaves between two looks at the queue. RQ's own handler raises wherever the signal finds the process: what is
    raised in a finalizer is lost, and the worker would stay. A job under way is told not to begin anything new.
    """

    stop_event: threading.Event
    max_connection_wait_time = LOST_BELL_SECONDS
    dequeue_timeout = LOOK_SECONDS

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        _ = signum, frame
        self._stop_requested = True
        self.stop_event.set()

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        # With a pipeline it is a job's.
        if pipeline is None and self._stop_requested:
            raise StopRequested
        super().heartbeat(timeout, pipeline)


def _in_our_words(record: logging.LogRecord) -> bool:
    """What RQ says of a bell that is away, with what to do, on one line instead of a stack."""
    said = [*(record.exc_info or ()), *(record.args if isinstance(record.args, tuple) else ())]
    lost = next((value for value in said if isinstance(value, RedisError)), None)
    if lost is not None:
        record.msg, record.args, record.exc_info = NO_BELL, (type(lost).__name__,), None
    return True


def _beat(components: Components, name: str, stop: threading.Event) -> None:
    while True:
        try:
            with components.ledger.begin() as uow:
                uow.instance.beat(name, components.now())
                uow.commit()
        except SQLAlchemyError as error:
            log.warning("worker.no_database reason=%s", type(error).__name__)
        if stop.wait(BEAT.total_seconds()):
            return


def _forget(components: Components, name: str) -> None:
    try:
        with components.ledger.begin() as uow:
            uow.instance.forget_beat(name)
            uow.commit()
    except SQLAlchemyError as error:
        log.warning("worker.no_database reason=%s", type(error).__name__)


def handle_stop(stop: threading.Event) -> None:
    """Turns SIGTERM and SIGINT into the event."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
