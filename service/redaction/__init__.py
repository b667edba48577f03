"""Takes secrets out of any text before it leaves."""

from service.redaction.chosen import redactor_of
from service.redaction.redactor import CREDENTIALS, Redacted, Redactor, redact

__all__ = ["CREDENTIALS", "Redacted", "Redactor", "redact", "redactor_of"]
