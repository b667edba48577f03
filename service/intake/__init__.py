"""The door for webhooks: authenticate, store the bytes once, answer 202. Nothing slow happens before the answer."""

from service.intake.door import intake
from service.intake.presence import keep_beating

__all__ = ["intake", "keep_beating"]
