"""Which addresses are issues, tickets or pull requests, and which words only name one."""

import re

_ISSUE = re.compile(
    r"/(?:issues?|pulls?|pull-requests|discussions|merge_requests|work_items|requests|bugs?|tickets?"
    r"|tasks?|stories|cards?|epics?)/"
    r"(?:[\w.\-]+/)*?#?(?:[A-Za-z][A-Za-z0-9]*-)?\d+(?![\w.])"
    r"|/(?:browse|issue)/[A-Za-z][A-Za-z0-9_]*-\d+|[?&](?:id|issue|selectedIssue|aid)=[A-Z0-9\-]*\d+"
    r"|/_workitems/|/T\d+$|//trello\.com/c/|//[\w.]*bugs?\.[\w.\-]+/(?:\w+/)*\d+$|//crbug\.com/"
    r"|/show_bug\.cgi|app\.asana\.com/|app\.shortcut\.com/.+/story/"
    r"|/projects/[\w\-]+/(?:issues|tasks|cards)/\d+",
    re.IGNORECASE,
)
_KEY = r"[A-Z][A-Z0-9_]{1,9}-\d{1,7}"
_NUMBER = r"(?:[\w.\-]+/)?(?:[\w.\-]+)?#\d{1,7}|[!]\d{1,7}|GH-\d+"
_NOUN = (
    r"(?:tracking |github |gitlab |jira |linear |redmine |bugzilla |trello |asana |upstream |related "
    r"|internal |follow-?up )*"
    r"(?:issues?|tickets?|bugs?|prs?|pull[- ]requests?|mrs?|merge requests?|tasks?|story|stories"
    r"|cards?|epics?|links?|gh|gitlab|github|jira|linear|here|details|チケット|課題|工单)"
)
_NAMES = re.compile(
    rf"\s*(?:(?:{_NOUN}|{_KEY}|{_NUMBER}|\d+|number|nr\.?|no\.?|id|#|:|and|&|,|/|\[|\]|\(|\)|https?://\S*)\s*)+",
    re.IGNORECASE,
)
# Words with which a remark leads to a link, saying nothing else.
_LEADING = re.compile(
    r"\b(?:filed|tracked|tracking|logged|raised|opened|created|captured|recorded|reported|see|also|in"
    r"|by|as|at|via|on|with|under|through|per|cf|ref|reference|the|a|an|"
    r"this|has been|have been|is|was|we|follow|along|more|link(?:ed)?|for|to|issue|issues|ticket"
    r"|tickets|pr|prs|pull|request|bug|bugs|task|story|card|and|or|of|"
    r"done|fixed|merged|resolved|implemented|addressed|jira|github|gitlab|linear|existing|new|open|proposed|"
    r"siehe|voir|ver|vedi|zie|см)\b|[\s:;,.()\[\]\-–—#&/→>]+|\d+",
    re.IGNORECASE,
)


def is_issue(url: str) -> bool:
    """Whether the address has the shape of an issue, ticket or pull request in one of the common trackers."""
    return url.lower().startswith(("http://", "https://")) and bool(_ISSUE.search(url[:2000]))


def names_issue(text: str) -> bool:
    """Whether the text only names an issue ("#12", "ABC-7", "GitHub issue", an address) and says nothing itself."""
    return len(text) <= 300 and bool(_NAMES.fullmatch(text.strip() or "-"))


def only_leads(text: str) -> bool:
    """Whether the words do no more than lead to a link ("filed as", "see also", "tracked in")."""
    return not _LEADING.sub("", text)
