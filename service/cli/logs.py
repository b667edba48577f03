"""Where the processes' own words go."""

from __future__ import annotations

import logging
import sys


def log_to_stderr() -> None:
    """One line an event on standard error: time, level, logger, and the event with its values."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("rq", "rq.worker", "alembic", "github", "urllib3", "mail.log"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _OneLine(logging.Formatter):
    """A value from outside cannot begin a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")
