"""Search over the lagging index: what each JQL clause means for an issue, its order, and its pages."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from connectors.sandbox.jira import jql
from connectors.sandbox.jira.markup import as_wiki
from connectors.sandbox.jira.model import PRIORITIES, RESOLUTIONS, Issue
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.seed import JiraUser

Predicate = Callable[[Issue], bool]
Reader = Callable[[Issue], tuple[str, ...]]

ALIASES = {"issuekey": "key", "issue": "key", "type": "issuetype", "duedate": "due", "createddate": "created"}
INSTANTS = {"created": "created", "updated": "updated", "updateddate": "updated", "resolved": "resolved"}
RELATIVE = re.compile(r"([+-]?)(\d+)([wdhm])", re.IGNORECASE)
UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
CATEGORY_WORDS = {"to do": "new", "in progress": "indeterminate", "done": "done", "new": "new"}
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
KEPT_SEARCHES = 500

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def offset_of(text: str) -> timezone:
    """'+0130' as a zone."""
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    return timezone(timedelta(minutes=-minutes if text.startswith("-") else minutes))


class Search:
    """One site's search. `run` returns ids, so that a page taken later shows the issues as the index has them then."""

    def __init__(self, site: JiraSite, clock: Callable[[], float]) -> None:
        self._site, self._clock = site, clock
        self._zone = offset_of(site.seed.utc_offset)
        self._pages: OrderedDict[str, tuple[list[int], frozenset[int]]] = OrderedDict()

    def run(
        self, text: str, user: JiraUser, reconcile: Iterable[int] = (), *, strict: bool = True
    ) -> tuple[list[int], frozenset[int]]:
        """The ids that match, in order, and those read past the index (`reconcileIssues`); raises JqlError.

        Unless `strict`, an issue that does not exist is a value that nothing matches (`validateQuery: false`).
        """
        query = jql.parse(text)
        if query.condition is None:
            raise jql.JqlError(UNBOUNDED)
        matches = jql.fold(query.condition, lambda clause: self._predicate(clause, user, strict=strict))
        fresh = frozenset(reconcile)
        records = self.records(fresh)
        visible = {key for key, project in self._site.projects.items() if self._sees(user, key)}
        found = [issue for issue in records.values() if issue.project in visible and matches(issue)]
        for field, descending in reversed(query.order or (("created", True),)):
            found.sort(key=self._sort_key(field), reverse=descending)
        return [issue.id for issue in found], fresh

    def records(self, fresh: frozenset[int]) -> dict[int, Issue]:
        """The index, with the issues in `fresh` as they are now."""
        records = self._site.indexed()
        for issue_id in fresh:
            issue = self._site.find(str(issue_id))
            if issue is not None:
                records[issue_id] = issue
            else:
                records.pop(issue_id, None)
        return records

    def page(self, token: str) -> tuple[list[int], frozenset[int]]:
        """The rest of a search begun before; raises JqlError for a token that is not ours or too old."""
        if token not in self._pages:
            raise jql.JqlError("The nextPageToken is invalid or expired.")
        return self._pages[token]

    def keep(self, rest: list[int], fresh: frozenset[int]) -> str:
        token = secrets.token_urlsafe(18)
        self._pages[token] = (rest, fresh)
        while len(self._pages) > KEPT_SEARCHES:
            self._pages.popitem(last=False)
        return token

    def _sees(self, user: JiraUser, project: str) -> bool:
        return self._site.may(user.account_id, "BROWSE_PROJECTS", self._site.projects[project])

    def _predicate(self, clause: jql.Clause, user: JiraUser, *, strict: bool) -> Predicate:
        field = ALIASES.get(clause.field, clause.field)
        if field in INSTANTS:
            return self._instant(clause, INSTANTS[field])
        if field == "due":
            return self._due(clause)
        if field in {"summary", "description", "text", "comment"}:
            return _contains(clause, field)
        reader = self._readers().get(field)
        if reader is None:
            raise jql.JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
        if clause.operator in {"is", "is not"}:
            return _empty(reader, wanted=clause.operator == "is")
        if not strict and field in {"key", "id"}:
            found = (self._site.find(value) for value in clause.values)
            return _among(clause, reader, {str(issue.id) for issue in found if issue is not None})
        return _among(clause, reader, {self._value(field, value, user) for value in clause.values})

    def _readers(self) -> dict[str, Reader]:
        def status_category(issue: Issue) -> tuple[str, ...]:
            return (self._site.projects[issue.project].status(issue.status).category,)

        return {
            "project": lambda issue: (issue.project.lower(),),
            "labels": lambda issue: tuple(label.lower() for label in issue.labels),
            "key": lambda issue: (str(issue.id),),
            "id": lambda issue: (str(issue.id),),
            "status": lambda issue: (issue.status.lower(),),
            "statuscategory": status_category,
            "resolution": lambda issue: (issue.resolution.lower(),) if issue.resolution else ("unresolved",),
            "priority": lambda issue: (issue.priority.lower(),) if issue.priority else (),
            "issuetype": lambda issue: (issue.issue_type.lower(),),
            "assignee": lambda issue: (issue.assignee,) if issue.assignee else (),
            "reporter": lambda issue: (issue.reporter,),
            "creator": lambda issue: (issue.creator,),
        }

    def _value(self, field: str, text: str, user: JiraUser) -> str:
        """The operand as the field's reader gives it. Jira refuses a search that names what does not exist."""
        site = self._site
        known: str | None = None
        if field in {"labels"}:
            return text.lower()
        if field in {"key", "id"}:
            return self._issue_id(field, text)
        if field in {"assignee", "reporter", "creator"}:
            return user.account_id if text.lower() == "currentuser()" else text
        if field == "project":
            project = site.find_project(text) or site.find_project(text.upper())
            by_name = (each for each in site.projects.values() if each.name.lower() == text.lower())
            project = project or next(by_name, None)
            known = project.key.lower() if project and self._sees(user, project.key) else None
        elif field == "statuscategory":
            known = CATEGORY_WORDS.get(text.lower()) or (text if text in {"indeterminate"} else None)
        elif field == "resolution":
            known = text.lower() if text.lower() in {"unresolved", *(each.lower() for each in RESOLUTIONS)} else None
        elif field == "priority":
            known = text.lower() if text.lower() in {each.lower() for each in PRIORITIES} else None
        else:
            names = {status.name.lower() for project in site.projects.values() for status in project.statuses}
            if field == "issuetype":
                names = {name.lower() for project in site.projects.values() for name in project.issue_types}
            known = text.lower() if text.lower() in names else None
        if known is None:
            raise jql.JqlError(f"The value '{text}' does not exist for the field '{field}'.")
        return known

    def _issue_id(self, field: str, text: str) -> str:
        issue = self._site.find(text)
        if issue is not None:
            return str(issue.id)
        if text.isdigit():
            raise jql.JqlError(f"A value with ID '{text}' does not exist for the field '{field}'.")
        raise jql.JqlError(f"An issue with key '{text}' does not exist for field '{field}'.")

    def _instant(self, clause: jql.Clause, attribute: str) -> Predicate:
        compare = OPERATORS.get(clause.operator)
        if compare is None:
            if clause.operator in {"is", "is not"}:
                return lambda issue: (getattr(issue, attribute) is None) == (clause.operator == "is")
            raise jql.JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        # Data Center's index keeps whole seconds.
        grain = 1 if self._site.cloud else 1000
        bound = self._moment(clause) // grain

        def holds(issue: Issue) -> bool:
            at = getattr(issue, attribute)
            return at is not None and compare(at // grain, bound)

        return holds

    def _moment(self, clause: jql.Clause) -> int:
        """Epoch milliseconds. A bare number is one already; a written date is read in the account's zone."""
        text = clause.values[0]
        now = datetime.fromtimestamp(self._clock(), tz=self._zone)
        if text.isdigit() and not clause.quoted:
            return int(text)
        if text.lower() == "now()":
            return int(now.timestamp() * 1000)
        relative = RELATIVE.fullmatch(text)
        if relative:
            amount = UNITS[relative[3].lower()] * int(relative[2])
            return int((now - amount if relative[1] == "-" else now + amount).timestamp() * 1000)
        for form in DATE_FORMATS:
            try:
                return int(datetime.strptime(text, form).replace(tzinfo=self._zone).timestamp() * 1000)
            except ValueError:
                continue
        raise jql.JqlError(
            f"Date value '{text}' for field '{clause.field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm',"
            " 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )

    def _due(self, clause: jql.Clause) -> Predicate:
        if clause.operator in {"is", "is not"}:
            return _empty(lambda issue: (issue.due,) if issue.due else (), wanted=clause.operator == "is")
        compare = OPERATORS.get(clause.operator)
        if compare is None:
            raise jql.JqlError(f"The operator '{clause.operator}' is not supported by the 'due' field.")
        day = datetime.fromtimestamp(self._moment(clause) / 1000, tz=self._zone).date().isoformat()
        return lambda issue: issue.due is not None and compare(issue.due, day)

    def _sort_key(self, field: str) -> Callable[[Issue], Any]:
        keys: dict[str, Callable[[Issue], Any]] = {
            "created": lambda issue: (issue.created, issue.id),
            "updated": lambda issue: (issue.updated, issue.id),
            "key": lambda issue: (issue.project, issue.number),
            "id": lambda issue: issue.id,
            "due": lambda issue: issue.due or "9999",
            "priority": lambda issue: -PRIORITIES.index(issue.priority) if issue.priority else -len(PRIORITIES),
            "status": lambda issue: issue.status,
            "summary": lambda issue: issue.summary,
        }
        name = ALIASES.get(field, field)
        if name not in keys:
            raise jql.JqlError(f"Not able to sort using field '{field}'.")
        return keys[name]


def _empty(reader: Reader, *, wanted: bool) -> Predicate:
    return lambda issue: (not reader(issue)) == wanted


def _among(clause: jql.Clause, reader: Reader, wanted: set[str]) -> Predicate:
    """As in Jira, `!=` and `not in` do not find issues whose field is empty."""
    if clause.operator in {"=", "in"}:
        return lambda issue: not wanted.isdisjoint(reader(issue))
    if clause.operator in {"!=", "not in"}:
        return lambda issue: bool(reader(issue)) and wanted.isdisjoint(reader(issue))
    raise jql.JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def _contains(clause: jql.Clause, field: str) -> Predicate:
    if clause.operator not in {"~", "!~"}:
        raise jql.JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
    words = clause.values[0].strip('"').lower().split()

    def found(issue: Issue) -> bool:
        texts = [issue.summary] if field in {"summary", "text"} else []
        if field in {"description", "text"}:
            texts.append(as_wiki(issue.description) or "")
        if field in {"comment", "text"}:
            texts.extend(as_wiki(comment.body) or "" for comment in issue.comments)
        text = "\n".join(texts).lower()
        return all(word in text for word in words) == (clause.operator == "~")

    return found
