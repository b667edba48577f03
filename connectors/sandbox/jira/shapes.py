"""What Jira's answers and webhooks look like."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.jira.fields import EPIC, EPIC_LINK, SUBTASK, option_id
from connectors.sandbox.jira.markup import as_adf, as_wiki
from connectors.sandbox.jira.model import LINK_TYPES, PRIORITIES, RESOLUTIONS, Change, Comment, Issue, Markup
from connectors.sandbox.jira.search import offset_of
from connectors.sandbox.jira.site import Event, JiraSite
from connectors.sandbox.seed import CustomField, JiraUser, Project, Status

Json = dict[str, Any]

CATEGORIES: dict[str, Json] = {
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}
SYSTEM_FIELDS: dict[str, tuple[str, Json]] = {
    "summary": ("Summary", {"type": "string", "system": "summary"}),
    "description": ("Description", {"type": "string", "system": "description"}),
    "priority": ("Priority", {"type": "priority", "system": "priority"}),
    "labels": ("Labels", {"type": "array", "items": "string", "system": "labels"}),
    "assignee": ("Assignee", {"type": "user", "system": "assignee"}),
    "reporter": ("Reporter", {"type": "user", "system": "reporter"}),
    "duedate": ("Due date", {"type": "date", "system": "duedate"}),
    "project": ("Project", {"type": "project", "system": "project"}),
    "issuetype": ("Issue Type", {"type": "issuetype", "system": "issuetype"}),
    "status": ("Status", {"type": "status", "system": "status"}),
    "resolution": ("Resolution", {"type": "resolution", "system": "resolution"}),
    "creator": ("Creator", {"type": "user", "system": "creator"}),
    "created": ("Created", {"type": "datetime", "system": "created"}),
    "updated": ("Updated", {"type": "datetime", "system": "updated"}),
    "resolutiondate": ("Resolved", {"type": "datetime", "system": "resolutiondate"}),
    "issuelinks": ("Linked Issues", {"type": "array", "items": "issuelinks", "system": "issuelinks"}),
    "comment": ("Comment", {"type": "comments-page", "system": "comment"}),
}
CUSTOM_TYPES = {"string": "textfield", "option": "select", "number": "float", "date": "datepicker"}


class Shapes:
    """Renders for one API version; `base` is the site's address as the reader knows it, without a trailing slash."""

    def __init__(self, site: JiraSite, base: str, version: int) -> None:
        self._site, self._version = site, version
        self.base = base
        self.rest = f"{base}/rest/api/{version}"
        self._zone = offset_of(site.seed.utc_offset)

    def instant(self, ms: int | None) -> str | None:
        if ms is None:
            return None
        moment = datetime.fromtimestamp(ms // 1000, tz=self._zone)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{moment:%z}"

    def user(self, account: str | None) -> Json | None:
        user = self._site.users.get(account) if account else None
        return self.person(user) if user else None

    def person(self, user: JiraUser, *, email: bool = True) -> Json:
        shown = {"emailAddress": user.email} if email and user.email_visible else {}
        return {
            "self": f"{self.rest}/user?accountId={user.account_id}",
            "accountId": user.account_id,
            "accountType": "atlassian",
            **shown,
            "avatarUrls": {},
            "displayName": user.name,
            "active": user.active,
            "timeZone": "Etc/UTC",
        }

    def markup(self, markup: Markup | None) -> Any:
        return as_wiki(markup) if self._version == 2 else as_adf(markup)

    def project(self, project: Project) -> Json:
        number = self._site.project_id(project)
        return {
            "self": f"{self.rest}/project/{number}",
            "id": number,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": False,
            "style": "classic",
            "isPrivate": False,
            **({"archived": True} if project.archived else {}),
        }

    def full_project(self, project: Project) -> Json:
        types = [self.issue_type(name) for name in project.issue_types]
        return {**self.project(project), "issueTypes": types, "description": "", "assigneeType": "UNASSIGNED"}

    def issue_type(self, name: str) -> Json:
        names = dict.fromkeys(name for each in self._site.projects.values() for name in each.issue_types)
        number = str(10_001 + list(names).index(name))
        return {
            "self": f"{self.rest}/issuetype/{number}",
            "id": number,
            "description": "",
            "iconUrl": "",
            "name": name,
            "untranslatedName": name,
            "subtask": name == SUBTASK,
            "hierarchyLevel": {EPIC: 1, SUBTASK: -1}.get(name, 0),
        }

    def status(self, status: Status) -> Json:
        names = dict.fromkeys(step.name for each in self._site.projects.values() for step in each.statuses)
        number = str(10_000 + list(names).index(status.name))
        category = {"self": f"{self.rest}/statuscategory/{CATEGORIES[status.category]['id']}"}
        return {
            "self": f"{self.rest}/status/{number}",
            "description": "",
            "iconUrl": "",
            "name": status.name,
            "id": number,
            "statusCategory": {**category, **CATEGORIES[status.category]},
        }

    def priority(self, name: str | None) -> Json | None:
        if name is None:
            return None
        number = str(PRIORITIES.index(name) + 1)
        return {"self": f"{self.rest}/priority/{number}", "iconUrl": "", "name": name, "id": number}

    def resolution(self, name: str | None) -> Json | None:
        if name is None:
            return None
        number = str(10_000 + RESOLUTIONS.index(name))
        return {"self": f"{self.rest}/resolution/{number}", "id": number, "description": "", "name": name}

    def comment(self, issue: Issue, comment: Comment) -> Json:
        return {
            "self": f"{self.rest}/issue/{issue.id}/comment/{comment.id}",
            "id": str(comment.id),
            "author": self.user(comment.author),
            "body": self.markup(comment.body),
            "updateAuthor": self.user(comment.update_author),
            "created": self.instant(comment.created),
            "updated": self.instant(comment.updated),
            "jsdPublic": True,
        }

    def comments(self, issue: Issue) -> Json:
        found = [self.comment(issue, comment) for comment in issue.comments]
        return {"comments": found, "maxResults": len(found), "total": len(found), "startAt": 0}

    def reference(self, issue: Issue) -> Json:
        return {"id": str(issue.id), "key": issue.key, "self": f"{self.rest}/issue/{issue.id}"}

    def issue(self, issue: Issue, names: Collection[str] = ("*all",), properties: Collection[str] = ()) -> Json:
        """An issue with the asked fields; `*all` and `*navigable`, and `-name` to leave one out, as Jira reads them."""
        document = {"expand": "renderedFields,names,schema,transitions,changelog", **self.reference(issue)}
        document["fields"] = self._chosen(self.fields(issue), names)
        if properties:
            document["properties"] = {key: issue.properties[key] for key in properties if key in issue.properties}
        return document

    def _chosen(self, fields: Json, names: Collection[str]) -> Json:
        left_out = {name[1:] for name in names if name.startswith("-")}
        everything = "*all" in names or "*navigable" in names or all(name.startswith("-") for name in names)
        if "*navigable" in names:
            left_out.add("comment")
        return {key: value for key, value in fields.items() if (everything or key in names) and key not in left_out}

    def fields(self, issue: Issue) -> Json:
        project = self._site.projects[issue.project]
        custom = {each.id: self._custom(each, issue.custom.get(each.id)) for each in project.fields}
        return {
            "summary": issue.summary,
            "description": self.markup(issue.description),
            "issuetype": self.issue_type(issue.issue_type),
            "project": self.project(project),
            "status": self.status(project.status(issue.status)),
            "statusCategory": self.status(project.status(issue.status))["statusCategory"],
            "resolution": self.resolution(issue.resolution),
            "resolutiondate": self.instant(issue.resolved),
            "priority": self.priority(issue.priority),
            "labels": list(issue.labels),
            "assignee": self.user(issue.assignee),
            "reporter": self.user(issue.reporter),
            "creator": self.user(issue.creator),
            "created": self.instant(issue.created),
            "updated": self.instant(issue.updated),
            "duedate": issue.due,
            "issuelinks": [self.link(link) for link in issue.links],
            "comment": self.comments(issue),
            **({"archiveddate": self.instant(issue.archived)} if issue.archived else {}),
            **self.parent(issue),
            **custom,
        }

    def parent(self, issue: Issue) -> Json:
        found = self._site.find(str(issue.parent)) if issue.parent else None
        return {"parent": self.reference(found)} if found else {}

    def _custom(self, field: CustomField, value: Any) -> Any:
        if field.kind == "option" and value:
            return {"self": f"{self.rest}/customFieldOption/{value['id']}", **value}
        if field.kind == "textarea" and self._version == 3 and value is not None:
            return as_adf(Markup("wiki", value))
        return value

    def link_type(self, name: str) -> Json:
        number = [each[0] for each in LINK_TYPES].index(name)
        _, inward, outward = LINK_TYPES[number]
        identity = str(10_000 + number)
        own = f"{self.rest}/issueLinkType/{identity}"
        return {"id": identity, "name": name, "inward": inward, "outward": outward, "self": own}

    def link(self, link: Mapping[str, Any]) -> Json:
        document: Json = {"id": link["id"], "self": f"{self.rest}/issueLink/{link['id']}"}
        document["type"] = self.link_type(link["type"])
        other = self._site.find(str(link["issue"]))
        if other is not None:
            project = self._site.projects[other.project]
            fields = {"summary": other.summary, "status": self.status(project.status(other.status))}
            document[link["side"]] = {**self.reference(other), "fields": fields}
        return document

    def change(self, change: Change) -> Json:
        created = self.instant(change.created)
        return {"id": str(change.id), "author": self.user(change.author), "created": created, "items": [*change.items]}

    def transition(self, number: int, status: Status) -> Json:
        return {
            "id": str(11 + 10 * number),
            "name": status.name,
            "to": self.status(status),
            "hasScreen": status.category == "done",
            "isGlobal": True,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
        }

    def field(self, name: str) -> Json:
        label, schema = SYSTEM_FIELDS[name]
        return {
            "id": name,
            "key": name,
            "name": label,
            "custom": False,
            "orderable": True,
            "navigable": name != "comment",
            "searchable": True,
            "clauseNames": [name],
            "schema": schema,
        }

    def custom_field(self, field: CustomField) -> Json:
        number = int(field.id.rpartition("_")[2])
        schema = {"type": field.kind, "custom": f"com.atlassian.jira.plugin.system.customfieldtypes:{field.kind}"}
        return {
            "id": field.id,
            "key": field.id,
            "name": field.name,
            "untranslatedName": field.name,
            "custom": True,
            "orderable": True,
            "navigable": True,
            "searchable": True,
            "clauseNames": [f"cf[{number}]", field.name],
            "schema": {**schema, "customId": number},
        }

    def meta(self, project: Project, issue_type: Json) -> list[Json]:
        """The fields of the create screen, as createmeta lists them."""
        always: dict[str, Json] = {"issuetype": {"allowedValues": [issue_type]}}
        always["project"] = {"allowedValues": [self.project(project)]}
        found = [self._meta(name, required=True, extra=extra) for name, extra in always.items()]
        for name in project.screen:
            values = [self.priority(each) for each in PRIORITIES] if name == "priority" else None
            extra = {"allowedValues": values, "hasDefaultValue": True} if values else {}
            found.append(self._meta(name, required=name == "summary", extra=extra))
        for field in project.fields:
            document = self.custom_field(field)
            base: Json = {"required": field.required, "schema": document["schema"], "name": field.name}
            base |= {"key": field.id, "fieldId": field.id, "hasDefaultValue": False, "operations": ["set"]}
            if field.options:
                base["allowedValues"] = [
                    {"self": f"{self.rest}/customFieldOption/{option_id(field, n)}", "value": option}
                    | {"id": option_id(field, n)}
                    for n, option in enumerate(field.options, start=1)
                ]
            found.append(base)
        return found

    def _meta(self, name: str, *, required: bool, extra: Json) -> Json:
        label, schema = SYSTEM_FIELDS[name]
        operations = ["add", "set", "remove"] if name == "labels" else ["set"]
        base: Json = {"required": required, "schema": schema, "name": label, "key": name, "fieldId": name}
        return {**base, "hasDefaultValue": False, "operations": operations, **extra}

    def event(self, event: Event, at_ms: int) -> Json:
        """A webhook's body. Jira leaves e-mail addresses out of it."""
        actor = self._site.users[event.actor]
        body: Json = {"timestamp": at_ms, "webhookEvent": event.name}
        if event.comment is not None:
            return {
                **body,
                "comment": self.comment(event.issue, event.comment),
                "issue": self.issue(event.issue, ("summary", "issuetype", "project", "assignee", "priority", "status")),
                "eventType": "primaryAction",
            }
        body |= {"issue_event_type_name": event.type_name, "user": self.person(actor, email=False)}
        body["issue"] = self.issue(event.issue, ("*all", "-comment"))
        if event.change is not None:
            body["changelog"] = {"id": str(event.change.id), "items": list(event.change.items)}
        return body


class DataCenterShapes(Shapes):
    """What Data Center shows otherwise: people by name, and an epic in a field of its own."""

    def person(self, user: JiraUser, *, email: bool = True) -> Json:
        shown = {"emailAddress": user.email} if email else {}
        return {
            "self": f"{self.rest}/user?username={user.username}",
            "key": f"JIRAUSER{user.username}",
            "name": user.username,
            **shown,
            "avatarUrls": {},
            "displayName": user.name,
            "active": user.active,
            "timeZone": "Etc/UTC",
        }

    def parent(self, issue: Issue) -> Json:
        found = self._site.find(str(issue.parent)) if issue.parent else None
        if found is None:
            return {}
        return {"parent": self.reference(found)} if issue.issue_type == SUBTASK else {EPIC_LINK: found.key}

    def epic_link(self) -> Json:
        schema = {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link", "customId": 10_008}
        shape: Json = {"id": EPIC_LINK, "key": EPIC_LINK, "name": "Epic Link", "custom": True, "orderable": True}
        return {**shape, "navigable": True, "searchable": True, "clauseNames": ["cf[10008]"], "schema": schema}
