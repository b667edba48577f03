"""Every text that we write: issues, comments and mails."""

from service.texts.comments import changes_comment
from service.texts.issues import duplicate_comment, issue_body, issue_title

__all__ = ["changes_comment", "duplicate_comment", "issue_body", "issue_title"]
