"""The routes of the pages. Each reads the ledger once and renders one template."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request

from service.domain.facts import Actor
from service.doors import Door, Refused
from service.ledger import UnitOfWork, queries
from service.pages import decisions, phrases, remedies, wanted, words
from service.pages.definitions import DEFINITIONS
from service.pages.headers import secure
from service.pages.privacy import NOT_FOR_YOU, ONLY_OPERATORS, is_private, masked, may_decide, reads_private
from service.pages.tokens import Tokens
from service.usecases.context import Context
from service.usecases.durations import span
from service.usecases.redacting import taken_out
from service.usecases.settle import CannotSettle
from service.usecases.survey import (
    overdue_sentence,
    promise_verdict,
    survey_in,
    sync_verdict,
)

STYLE = Path(__file__).parent / "static" / "pages.css"
LIVE_SECONDS = 5
YEAR = 31_536_000

View = Callable[[UnitOfWork, words.Words], dict[str, Any] | None]
Shown = Callable[..., Response]


def pages(components: Context, bind_host: str = "127.0.0.1") -> Blueprint:
    """All pages, behind the door. `bind_host`: the address that the web listens on; off loopback, and wherever an
    identity is configured, nobody sees a page without one.
    """
    blueprint = Blueprint("pages", __name__, template_folder="templates")
    style = STYLE.read_bytes()
    style_digest = hashlib.sha256(style).hexdigest()[:16]
    tokens = Tokens(components.secret, components.config.service.base_url)
    _guard(blueprint, Door(components.config.service, bind_host), tokens)
    _serve_style(blueprint, style, style_digest)
    for name, filter_ in words.filters().items():
        blueprint.add_app_template_filter(filter_, name)
    blueprint.app_context_processor(lambda: {"style_digest": style_digest})
    show = _shower(components, tokens)
    for rule, template, view in _routes(components):
        blueprint.add_url_rule(rule, view.__name__, show(template, view))
    _take_decisions(blueprint, components, tokens, show("item", _knowing(components, _item)))
    return blueprint


def _routes(components: Context) -> list[tuple[str, str, Callable[..., dict[str, Any] | None]]]:
    def overview(uow: UnitOfWork, said: words.Words) -> dict[str, Any]:
        seen = survey_in(components, uow, said.at)
        return {
            "seen": seen,
            "promise": promise_verdict(seen.figures),
            "now": overdue_sentence(seen.figures, seen.today),
            "sync": sync_verdict(seen),
            "newest": queries.newest_stalls(uow.connection),
        }

    def health_of_sync(uow: UnitOfWork, said: words.Words) -> dict[str, Any]:
        seen = survey_in(components, uow, said.at)
        return {"seen": seen, "sync": sync_verdict(seen)}

    return [
        ("/", "overview", overview),
        ("/health-of-sync", "health", health_of_sync),
        ("/items", "items", _items),
        ("/items/<int:number>", "item", _knowing(components, _item)),
        ("/postmortems", "postmortems", _postmortems),
        ("/postmortems/<int:number>", "postmortem", _knowing(components, _postmortem)),
        ("/attention", "attention", _attention),
        ("/definitions", "definitions", _definitions),
    ]


def _knowing(components: Context, view: Callable[..., dict[str, Any] | None]) -> Callable[..., dict[str, Any] | None]:
    return update_wrapper(partial(view, components), view)


def _items(uow: UnitOfWork, said: words.Words) -> dict[str, Any]:
    asked, page = wanted.read_filter(request.args), wanted.page_of(request.args)
    if asked.q and not reads_private(g.actor):
        # Else one could guess at words that one may not read.
        asked = replace(asked, without_private=True)
    today = said.at.date()
    return {
        "wanted": asked,
        "page": page,
        "total": queries.count_items(uow.connection, asked, today),
        "lines": queries.list_items(uow.connection, asked, today, page=page),
        "choices": queries.choices(uow.connection),
    }


def _item(components: Context, uow: UnitOfWork, _said: words.Words, number: int) -> dict[str, Any] | None:
    story = queries.item_story(uow.connection, number) if number < 2**63 else None
    if story is None:
        return None
    taken = taken_out((story.item.facts, story.postmortem.facts), components.redactor)
    return {"story": story, "taken_out": sorted(taken)}


def _postmortems(uow: UnitOfWork, said: words.Words) -> dict[str, Any]:
    page = wanted.page_of(request.args)
    return {
        "page": page,
        "total": queries.count_postmortems(uow.connection),
        "lines": queries.list_postmortems(uow.connection, said.at.date(), page=page),
    }


def _postmortem(components: Context, uow: UnitOfWork, _said: words.Words, number: int) -> dict[str, Any] | None:
    story = queries.postmortem_story(uow.connection, number) if number < 2**63 else None
    if story is None:
        return None
    return {"story": story, "taken_out": taken_out(story.postmortem.facts, components.redactor)}


def _attention(uow: UnitOfWork, said: words.Words) -> dict[str, Any]:
    nobody = queries.ItemFilter(state="unfinished", owner="nobody")
    tally = queries.tally(uow.connection, said.at.date())
    return {
        "figures": tally.figures,
        "groups": queries.held_groups(uow.connection, tally.waiting),
        "letters": queries.dead_letters(uow.connection),
        "ownerless": queries.list_items(uow.connection, nobody, said.at.date())[:20],
    }


def _definitions(_uow: UnitOfWork, _said: words.Words) -> dict[str, Any]:
    return {"definitions": DEFINITIONS}


def _shower(components: Context, tokens: Tokens) -> Callable[[str, Callable[..., dict[str, Any] | None]], Shown]:
    """Turns a view into a route: one read transaction, one instant, one template; None is 404."""

    def show(template: str, view: Callable[..., dict[str, Any] | None]) -> Shown:
        def route(*, status: int = 200, refusal: str | None = None, **arguments: Any) -> Response:
            said = words.Words(components.config, components.now())
            with components.ledger.read() as uow:
                shown = view(uow, said, **arguments)
                waiting = queries.count_held(uow.connection) + queries.count_dead_letters(uow.connection)
                common = {"demo": components.config.service.demo, "needs_count": waiting, "refusal": refusal}
            if shown is None:
                return _render("absent", said, status=404, **common)
            if not reads_private(g.actor):
                if "story" in shown and is_private(shown["story"]):
                    return _refuse(NOT_FOR_YOU)
                shown = {name: masked(value) for name, value in shown.items()}
            common["token"] = tokens.make(g.actor, g.nonce, said.at) if may_decide(g.actor) else None
            response = _render(template, said, status=status, **{**common, **shown})
            tokens.keep(response, g.nonce, request)
            return response

        return route

    return show


def _take_decisions(blueprint: Blueprint, components: Context, tokens: Tokens, item_page: Shown) -> None:
    @blueprint.post("/items/<int:number>/decisions")
    def decide(number: int) -> Response:
        refused = tokens.check(request, g.actor, components.now())
        if refused is None and not may_decide(g.actor):
            refused = ONLY_OPERATORS
        if refused is not None:
            return _refuse(refused)
        with components.ledger.read() as uow:
            item = uow.items.find(number) if number < 2**63 else None
        if item is None:
            return item_page(number=number)
        try:
            word = decisions.decide(components, item, request.form, g.actor)
        except CannotSettle as error:
            return item_page(number=number, status=422, refusal=str(error))
        page = "/attention" if request.form.get("back") == "attention" else f"/items/{number}"
        # See other: what is loaded next is a page, and loading it again decides nothing.
        return make_response(redirect(f"{page}?decided={word}", 303))


def _render(template: str, said: words.Words, *, status: int = 200, **shown: Any) -> Response:
    live = request.args.get("live") == "1"
    body = render_template(
        f"pages/{template}.html",
        **shown,
        said=said,
        actor=g.get("actor"),
        section=template,
        live=LIVE_SECONDS if live else None,
        phrases=phrases,
        remedies=remedies,
        filters=wanted,
        words=words,
        decisions=decisions,
        decided=decisions.DONE.get(request.args.get("decided", "")),
        form=request.form,
        words_plural=words.plural,
        span=span,
        page_size=queries.PAGE_SIZE,
        pager_link=lambda asked: lambda page: wanted.link(asked, page),
        postmortems_link=lambda page: f"/postmortems?page={page}",
    )
    return make_response(body, status)


def _guard(blueprint: Blueprint, door: Door, tokens: Tokens) -> None:
    @blueprint.before_request
    def admit() -> Response | None:
        if request.endpoint == f"{blueprint.name}.style":
            return None
        answer = door.admit(request)
        if isinstance(answer, Actor):
            g.actor, g.nonce = answer, tokens.nonce(request)
            return None
        return _refuse(answer)

    blueprint.after_request(secure)


def _refuse(refused: Refused) -> Response:
    body = render_template("pages/refused.html", refused=refused)
    response = make_response(body, refused.status)
    if refused.challenge:
        response.headers["WWW-Authenticate"] = 'Basic realm="Afteraction", charset="UTF-8"'
    return response


def _serve_style(blueprint: Blueprint, style: bytes, digest: str) -> None:
    @blueprint.get("/assets/pages.css", endpoint="style")
    def serve() -> Response:
        response = current_app.response_class(style, mimetype="text/css")
        response.set_etag(digest)
        # The address names the digest, so what is cached under it can never be old.
        named = request.args.get("v") == digest
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if named else "no-cache"
        response.make_conditional(request)
        return response
