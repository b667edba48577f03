"""Confluence as a source: pages that carry a label, by their id."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from connectors.answers import clock_finding, server_time
from connectors.confluence.client import ConfluenceClient
from connectors.confluence.hooks import ConfluenceHook, read_event
from connectors.confluence.mapping import Page, document_of, labels, of_cloud, of_data_center, status
from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.storage import mentioned
from connectors.http import within
from connectors.payloads import json_object, member, members, text
from connectors.spi import (
    ConnectorError,
    FetchById,
    Finalized,
    Finding,
    Hook,
    Ignored,
    ItemStatus,
    Missing,
    PostmortemDocument,
    Rejected,
    SourceCapabilities,
)
from connectors.tools import hex_secret_findings

PAGE = 25
MOST_USERS = 25
# Deeper than anybody builds a page tree; what lies deeper counts as restricted.
MOST_ANCESTORS = 30
_READ = "restriction/byOperation/read"


class ConfluenceSource:
    def __init__(self, name: str, settings: ConfluenceSettings) -> None:
        self.capabilities = SourceCapabilities(
            fetches=True,
            lists=True,
            lists_changes=True,
            call_seconds=settings.call_seconds,
            sweep_seconds=settings.sweep_seconds,
        )
        self._name = name
        self._settings = settings
        self._api = ConfluenceClient(name, settings)
        self.hook: Hook | None = ConfluenceHook(name, settings.secrets) if settings.secrets else None

    def check(self) -> Sequence[Finding]:
        findings = hex_secret_findings("confluence", self._name, self._settings.secrets)
        try:
            with within(self._settings.call_seconds):
                what = "search for pages"
                _, headers = self._api.reply(what, "rest/api/search", {"cql": self._cql(), "limit": 1}, one=False)
        except ConnectorError as error:
            return [*findings, Finding(error.code, error.sentence, error.cure)]
        skew = clock_finding("confluence", self._name, server_time(headers), datetime.now(UTC))
        return [*findings, skew] if skew else findings

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        _ = headers
        return read_event(json_object("confluence", body))

    def fetch(self, source_id: str) -> PostmortemDocument:
        with within(self._settings.call_seconds):
            page = self._page(source_id)
            if not self._in_our_spaces(page):
                page = replace(page, labels=())
            page = self._with_state(page)
            if status(page, self._settings) == "deleted":
                return document_of(replace(page, storage=""), {}, restricted=False, settings=self._settings)
            return document_of(page, self._names(page), restricted=self._restricted(page), settings=self._settings)

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        """Goes through all labelled pages, because a label leaves no instant by which the search could ask for it, and
        names those that are final in another version than at the last look, and those that were and are not any more.
        """
        before, seen, given = json.loads(cursor) if cursor else ({}, {}, {})
        query = {"cql": self._cql(), "limit": PAGE, "expand": "content.metadata.labels,content.version", **given}
        with within(self._settings.call_seconds):
            what = "search for pages"
            data = self._api.get(what, "rest/api/search", query, one=False)
            if not isinstance(member(data, "results"), list):
                raise self._api.strange(what)
            found = [
                content for each in members(data, "results") if isinstance(content := each.get("content"), Mapping)
            ]
            final = {text(each.get("id")): _version(each) for each in found if self._is_final(each)}
        changed = tuple(identity for identity, version in final.items() if before.get(identity) != version)
        seen |= final
        after = dict(parse_qsl(urlsplit(text(member(data, "_links", "next"))).query))
        moving = {name: after[name] for name in ("cursor", "start") if name in after}
        if moving:
            return Finalized(changed, json.dumps([before, seen, moving]), more=True)
        left = tuple(identity for identity in before if identity not in seen)
        return Finalized((*changed, *left), json.dumps([seen, {}, {}]))

    def tell(self, status: ItemStatus) -> None:
        sentence = f"{self._name} cannot be told of {status.title!r}, because a page belongs to its authors."
        raise Rejected("confluence.no_tell", sentence, "Configure an outgoing webhook to be told of item statuses.")

    def _cql(self) -> str:
        marks = ", ".join(_quoted(label) for label in self._settings.marks)
        spaces = ", ".join(_quoted(space) for space in self._settings.spaces)
        within_spaces = f" and space in ({spaces})" if spaces else ""
        return f"type = page and label in ({marks}){within_spaces} order by created"

    def _is_final(self, content: Mapping[str, Any]) -> bool:
        found = labels(members(content, "metadata", "labels", "results"))
        page = Page(text(content.get("id")), "", text(content.get("status")) or "current", "", found, "", "")
        return status(page, self._settings) == "final" or status(self._with_state(page), self._settings) == "final"

    def _page(self, source_id: str) -> Page:
        what, identity = f"fetch the page {source_id}", quote(source_id, safe="")
        if self._settings.cloud:
            wanted = {"body-format": "storage", "include-labels": "true", "status": ["current", "archived", "trashed"]}
            page = of_cloud(self._api.get(what, f"api/v2/pages/{identity}", wanted))
        else:
            wanted = {"expand": "body.storage,version,metadata.labels,ancestors,space", "status": "any"}
            page = of_data_center(self._api.get(what, f"rest/api/content/{identity}", wanted))
        if not page.id:
            raise self._api.strange(what)
        return page

    def _in_our_spaces(self, page: Page) -> bool:
        """Whoever announces a page does not know to which spaces this source keeps."""
        if not self._settings.spaces:
            return True
        key = page.space
        if self._settings.cloud:
            what = "read which space the page is in"
            key = text(member(self._api.get(what, f"api/v2/spaces/{quote(key, safe='')}"), "key"))
        return key.casefold() in {space.casefold() for space in self._settings.spaces}

    def _with_state(self, page: Page) -> Page:
        """What its authors call its status, where that may matter. Data Center has none."""
        by_state = self._settings.cloud and self._settings.final_when["page_status"] and page.status == "current"
        if not by_state or status(page, self._settings) != "draft":
            return page
        try:
            data = self._api.get("read the page's status", f"rest/api/content/{page.id}/state")
        except Missing:
            return page
        return replace(page, state=text(member(data, "contentState", "name")))

    def _restricted(self, page: Page) -> bool:
        """Whether the page, or any page above it, may be read by some people only."""
        above = self._ancestors(page)
        return len(above) > MOST_ANCESTORS or any(self._has_readers(identity) for identity in (page.id, *above))

    def _ancestors(self, page: Page) -> tuple[str, ...]:
        if not self._settings.cloud:
            return page.ancestors
        what = "read what the page stands under"
        data = self._api.get(what, f"api/v2/pages/{page.id}/ancestors", {"limit": 250})
        if not isinstance(member(data, "results"), list):
            raise self._api.strange(what)
        # A folder or a database has no restrictions that this request would show.
        return tuple(text(each.get("id")) for each in members(data, "results") if each.get("type", "page") == "page")

    def _has_readers(self, identity: str) -> bool:
        what = "read who may see the page"
        data = self._api.get(what, f"rest/api/content/{identity}/{_READ}")
        if not isinstance(member(data, "restrictions"), Mapping):
            raise self._api.strange(what)
        return any(members(data, "restrictions", kind, "results") for kind in ("user", "group"))

    def _names(self, page: Page) -> dict[str, str]:
        """Who is mentioned. Whoever is no longer there keeps no name."""
        key = "accountId" if self._settings.cloud else "key"
        found = {}
        for identity in mentioned(page.storage)[:MOST_USERS]:
            try:
                user = self._api.get("read who is mentioned", "rest/api/user", {key: identity})
            except Missing:
                continue
            if name := text(member(user, "displayName")):
                found[identity] = name
        return found


def _version(content: Mapping[str, Any]) -> str:
    return text(member(content, "version", "number"))


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
