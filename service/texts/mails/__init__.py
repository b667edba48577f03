"""The mails: one folder each, with a subject, a text and an HTML body. `MAILS` is the list of all of them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from service.texts.operators import OperatorsMail
from service.texts.stalled import StalledMail
from service.texts.words import one_line

MAILS = {"stalled": StalledMail, "operators": OperatorsMail}
WIDTH = 72
SUBJECT_LIMIT = 160


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    text: str
    html: str


def render_mail(name: str, context: StalledMail | OperatorsMail) -> Mail:
    """The mail of that name. Raises TypeError where the context is another mail's."""
    if not isinstance(context, MAILS[name]):
        raise TypeError(f"The mail {name} is written from {MAILS[name].__name__}, not {type(context).__name__}.")
    subject, text, html = (
        _templates().get_template(f"{name}/{part}").render(mail=context)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Mail(one_line(subject, SUBJECT_LIMIT), text.strip() + "\n", html)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("service.texts", "mails"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrap"] = _wrapped
    environment.filters["web"] = _is_web
    return environment


def _wrapped(text: str, indent: str = "", first: int | None = None) -> str:
    """Lines of at most 72 columns; an address longer than that stays whole. `first`: the first line's own indent."""
    opening = indent if first is None else " " * first
    return textwrap.fill(
        one_line(text, 2_000),
        WIDTH,
        initial_indent=opening,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _is_web(url: str | None) -> bool:
    return bool(url) and str(url).startswith(("https://", "http://")) and not any(char.isspace() for char in str(url))
