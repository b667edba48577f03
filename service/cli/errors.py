"""How commands end when something is wrong, and how they get at the house."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import SQLAlchemyError

from config.faults import ConfigError
from service.domain.facts import Actor, Role

if TYPE_CHECKING:
    from service.wiring import Components


class Stop(click.ClickException):
    """One sentence for the person at the terminal; exit code 1."""

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's own signature
        click.echo(self.message, err=True)


@contextmanager
def house(*, started: bool = True) -> Iterator[Components]:
    """The components by the environment; `started`: bound to its ledger. Every known fault becomes a sentence."""
    from service.settings import from_environment
    from service.wiring import NotReady, build, open_instance

    components = None
    try:
        components = build(from_environment())
        if started:
            open_instance(components)
        yield components
    except ConfigError as error:
        raise Stop(str(error)) from error
    except NotReady as error:
        raise Stop(str(error)) from error
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise Stop(f"The database does not answer: {reason}. Check DATABASE_URL and that it runs.") from error
    finally:
        if components is not None:
            components.ledger.close()


def operator(name: str | None = None) -> Actor:
    """Who gives this command: whoever may run it on this machine is an operator."""
    return Actor("person", name or getpass.getuser(), Role.OPERATOR)
