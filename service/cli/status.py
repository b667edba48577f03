"""`afteraction status`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from service.cli.errors import house

if TYPE_CHECKING:
    from service.usecases.survey import Survey
    from service.usecases.sync_health import Health


@click.command("status", epilog="Example: afteraction status --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(as_json: bool) -> None:
    """Whether promises are kept and the sync is healthy. Exit code 1 if something has failed."""
    from service.usecases.survey import survey, sync_verdict
    from service.usecases.sync_health import SyncState

    with house() as components:
        seen = survey(components)
    click.echo(json.dumps(as_document(seen), indent=2) if as_json else as_text(seen))
    if sync_verdict(seen).state is SyncState.FAILING:
        raise SystemExit(1)


def as_text(seen: Survey) -> str:
    """What fits a screen: two sentences, the figures, one line a connection."""
    from service.usecases.survey import overdue_sentence, promise_verdict, sync_verdict

    figures, sync = seen.figures, sync_verdict(seen)
    lines = [promise_verdict(figures), overdue_sentence(figures, seen.today), sync.sentence]
    lines += [f"  {sync.cure}"] if sync.cure else []
    lines += ["", f"open {figures.unfinished}   overdue {figures.overdue}   stalled {figures.stalled}"]
    lines[-1] += f"   closed on schedule {figures.kept} of {figures.due}"
    lines += [
        f"held {seen.figures.by_state['held']}   dead letters {seen.dead_letters}   without owner {figures.ownerless}",
        "",
    ]
    lines += [text for line in seen.health for text in _line(line, seen)]
    lines += [text for token in seen.tokens if token.soon for text in ("", token.sentence, f"  {token.cure}")]
    return "\n".join(line for number, line in enumerate(lines) if line or number > 2).rstrip()


def _line(line: Health, seen: Survey) -> list[str]:
    from service.usecases.durations import span
    from service.usecases.sync_health import missed_sentence

    last = f"{span(seen.at - line.last_success)} ago" if line.last_success else "never"
    state = "no news" if line.untouched else line.state.value
    found = [f"{state:<10} {line.kind:<8} {line.name:<20} queue {line.waiting:<5} last {last}"]
    if line.trouble:
        found += [f"{'':<10} {line.trouble.sentence}", f"{'':<10} {line.trouble.cure}"]
    if line.missed:
        found += [f"{'':<10} {missed_sentence(line.missed)}"]
    return [text.rstrip() for text in found if text.strip()]


def as_document(seen: Survey) -> dict[str, Any]:
    """The same for a script. Instants are RFC 3339, lengths of time seconds."""
    from service.ledger.queries import WINDOW_DAYS
    from service.usecases.survey import promise_verdict, sync_verdict

    figures, sync = seen.figures, sync_verdict(seen)
    counts = ("items", "postmortems", "unfinished", "overdue", "replanned", "stalled", "snoozed", "ownerless", "dated")
    return {
        "at": seen.at.isoformat(),
        "sentence": promise_verdict(figures),
        "items": {name: getattr(figures, name) for name in counts} | {"by_state": figures.by_state},
        "on_schedule": {"days": WINDOW_DAYS, "due": figures.due, "kept": figures.kept, "dropped": figures.dropped},
        "needs_a_person": {"held": seen.figures.by_state["held"], "flagged": seen.figures.flagged}
        | {"dead_letters": seen.dead_letters},
        "sync": {"state": sync.state.value, "sentence": sync.sentence, "cure": sync.cure},
        "connections": [_connection(line) for line in seen.health],
        "clock": {"ok": seen.clock_ok, "last_beat": seen.beats.clock.isoformat() if seen.beats.clock else None},
        "workers": seen.beats.workers,
        "tokens": [
            {"tracker": token.tracker, "account": token.account, "expires_at": token.expires_at.isoformat()}
            | {"soon": token.soon, "sentence": token.sentence, "cure": token.cure}
            for token in seen.tokens
        ],
        "refusals": [{"hook": r.hook, "reason": r.reason, "count": r.count} for r in seen.refusals],
    }


def _connection(line: Health) -> dict[str, Any]:
    trouble = line.trouble
    return {
        "kind": line.kind,
        "name": line.name,
        "state": line.state.value,
        "sentence": trouble.sentence if trouble else "",
        "cure": trouble.cure if trouble else "",
        "code": trouble.code if trouble else "",
        "since": trouble.since.isoformat() if trouble and trouble.since else None,
        "last_success": line.last_success.isoformat() if line.last_success else None,
        "lag_seconds": line.lag.total_seconds() if line.lag else None,
        "waiting": line.waiting,
        "later": line.later,
        "dead": line.dead,
        "missed": line.missed,
    }
