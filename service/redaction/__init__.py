"""Takes secrets out of any text before it leaves."""

from service.redaction.redactor import Redacted, redact

__all__ = ["Redacted", "redact"]
