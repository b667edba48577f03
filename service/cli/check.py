"""`afteraction check`: every fault of the configuration at once, each with its cure."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from config.advice import advice
from config.loading import ConfigError, Fault, load
from config.model import Config
from connectors.spi import Connector, Finding, Secret
from service.cli.online import Progress, Seen, ask_everyone, lacking_wishes
from service.cli.trying import try_target

# What is said although nothing is wrong.
NOTES = frozenset({"journal.consistent"})

DatabaseFindings = Callable[[Config], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as `check` shows it: a fault, a warning or a note. Only a fault makes `check` fail."""

    level: str
    subject: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Report:
    file: str
    faults: tuple[Fault, ...]
    findings: tuple[Found, ...]
    config: Config | None
    online: bool

    @property
    def ok(self) -> bool:
        return not self.faults and all(found.level != "fault" for found in self.findings)


@dataclass(frozen=True, slots=True)
class Online:
    """Whom to ask beside the connectors: `database` says whether the ledger is reachable, at head and in step."""

    database: DatabaseFindings
    progress: Progress


def examine(
    path: Path, connectors: Mapping[str, Connector], unloaded: Sequence[Finding], online: Online | None
) -> Report:
    """All that is wrong. Online answers are asked for only where the files themselves hold."""
    found = [Found("fault", "connectors", finding) for finding in unloaded]
    try:
        config = load(path, connectors, secret_lookup=Secret.reveal)
    except ConfigError as error:
        return Report(str(path), error.faults, tuple(found), None, online=False)
    found += [Found("warning", "configuration", finding) for finding in advice(config)]
    found += [Found("fault", one.subject, one.finding) for one in lacking_wishes(config, connectors)]
    if online is not None:
        seen = ask_everyone(config, connectors, online.progress)
        seen += [Seen("database", each, "note" if each.code in NOTES else "fault") for each in online.database(config)]
        found += [Found(one.level, one.subject, one.finding) for one in seen]
    return Report(str(path), (), tuple(found), config, online is not None)


@click.command()
@click.option("--online", is_flag=True, help="Also ask every tracker, target, source, channel and the database.")
@click.option("--create-one", metavar="TARGET", help="With --online: open, edit, comment on and close one real issue.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(context: click.Context, *, online: bool, create_one: str | None, as_json: bool) -> None:
    """Show every fault of the configuration, each with its cure; exit 0 only if all holds.

    The configuration is ./afteraction.toml, or what AFTERACTION_CONFIG names.

    \b
    Example: afteraction check --online
    """
    from connectors.registry import load_connectors

    if create_one and not online:
        raise click.UsageError("--create-one needs --online.")
    connectors, unloaded = load_connectors()
    whom = Online(_database(connectors, unloaded), _progress(as_json=as_json)) if online else None
    path = Path(os.environ.get("AFTERACTION_CONFIG") or "afteraction.toml")
    report = examine(path, connectors, unloaded, whom)
    steps: list[str] = []
    if create_one and report.config is not None and report.ok:
        report, steps = _with_one_issue(report, connectors, create_one)
    click.echo(json.dumps(_document(report), indent=2) if as_json else "\n".join([*steps, _text(report, asked=online)]))
    context.exit(0 if report.ok else 1)


def _with_one_issue(report: Report, connectors: Mapping[str, Connector], target: str) -> tuple[Report, list[str]]:
    assert report.config is not None
    said = list(try_target(report.config, connectors, target))
    wrong = tuple(Found("fault", f"target {target}", each) for each in said if isinstance(each, Finding))
    return replace(report, findings=(*report.findings, *wrong)), [each for each in said if isinstance(each, str)]


def _database(connectors: Mapping[str, Connector], unloaded: Sequence[Finding]) -> DatabaseFindings:
    """Asks the ledger that the environment names whether it is at head, knows no name that the file lacks, and has a
    journal that holds.
    """
    from sqlalchemy.exc import ArgumentError

    from service.settings import from_environment
    from service.usecases.verify import verify_journal
    from service.wiring import build

    def findings(config: Config) -> Sequence[Finding]:
        settings = from_environment()
        try:
            # A secret of our own, so that nothing is written where the first start would make one.
            parts = build(settings, config=config, connectors=(connectors, unloaded), secret=b"unused by check")
        except (ArgumentError, ImportError):
            # Neither is repeated: the address may hold a password.
            sentence = "DATABASE_URL is not the address of a database that can be opened here."
            return (Finding("database.address", sentence, "Write it like postgresql+psycopg://user@host/name."),)
        except OSError as error:
            sentence = f"The folder {settings.home} cannot be used: {error.strerror}."
            return (Finding("database.folder", sentence, "Set AFTERACTION_HOME to a folder that you may write to."),)
        try:
            found = parts.database_findings()
            at_head = not any(finding.code.startswith("ledger.") for finding in found)
            return [*found, verify_journal(parts.ledger)] if at_head else found
        finally:
            parts.ledger.close()

    return findings


def _progress(*, as_json: bool) -> Progress:
    """Long work shows where it is, on a terminal only, so that a log or a script gets nothing but the result."""
    stream = sys.stderr

    def show(number: int, total: int, subject: str) -> None:
        if stream.isatty() and not as_json:
            click.echo(f"\r\033[K{number} of {total}: {subject}", file=stream, nl=False)
            if number == total:
                click.echo("\r\033[K", file=stream, nl=False)

    return show


def _document(report: Report) -> dict[str, Any]:
    findings = [{"level": one.level, "subject": one.subject, **asdict(one.finding)} for one in report.findings]
    faults = [{**asdict(fault), "sentence": str(fault)} for fault in report.faults]
    return {"ok": report.ok, "faults": faults, "findings": findings}


def _text(report: Report, *, asked: bool) -> str:
    lines = []
    for fault in report.faults:
        lines += [click.style(str(fault), fg="red"), f"  {fault.cure}"]
    for one in report.findings:
        colour = {"fault": "red", "warning": "yellow"}.get(one.level)
        prefix = {"fault": f"{one.subject}: ", "warning": "warning: "}.get(one.level, "")
        lines += [click.style(f"{prefix}{one.finding.sentence}", fg=colour), f"  {one.finding.cure}"]
    return "\n".join([*lines, _verdict(report, asked=asked)])


def _verdict(report: Report, *, asked: bool) -> str:
    wrong = len(report.faults) + sum(one.level == "fault" for one in report.findings)
    if report.config is None:
        skipped = " Nobody was asked online, for the file must hold first." if asked else ""
        return f"{_count(wrong, 'fault')} in {report.file}.{skipped}"
    parts = report.config
    counts = ", ".join(
        _count(len(many), one)
        for many, one in (
            (parts.sources, "source"),
            (parts.trackers, "tracker"),
            (parts.targets, "target"),
            (parts.channels, "channel"),
            (parts.routes, "route"),
        )
    )
    if wrong:
        return f"{_count(wrong, 'fault')}; {report.file} itself holds ({counts})."
    more = "" if report.online else " Add --online to ask the trackers too."
    return f"{report.file} holds: {counts}.{more}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
