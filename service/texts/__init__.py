"""Every text that we write: issues, comments and mails."""

from service.texts.comments import changes_comment
from service.texts.issues import duplicate_comment, issue_body, issue_title, moved_comment
from service.texts.mails import Mail, render_mail
from service.texts.operators import OperatorsMail, Problem
from service.texts.parents import parent_body, parent_title
from service.texts.stalled import StalledLine, StalledMail
from service.texts.values import said_of_item, said_of_postmortem

__all__ = [
    "Mail",
    "OperatorsMail",
    "Problem",
    "StalledLine",
    "StalledMail",
    "changes_comment",
    "duplicate_comment",
    "issue_body",
    "issue_title",
    "moved_comment",
    "parent_body",
    "parent_title",
    "render_mail",
    "said_of_item",
    "said_of_postmortem",
]
