"""For each thing that needs a person: what it means, and the commands that settle it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.facts import State
from service.ledger.queries import HeldGroup, ItemLine, Letter

RELEASE = "afteraction held release {id} --reason TEXT"
SAME = "afteraction held merge {id} --into {candidate} --reason TEXT"
NEW = "afteraction held settle {id} --new --reason TEXT"
DISMISS = "afteraction held dismiss {id} --reason TEXT"


@dataclass(frozen=True, slots=True)
class Meaning:
    """Why items with one machine word wait. `commands` take the item's id as `{id}`; none: the cure is elsewhere.

    `own_words`: each item has a sentence of its own that says more.
    """

    title: str
    sentence: str
    commands: tuple[str, ...] = (RELEASE,)
    own_words: bool = False


MEANINGS: Mapping[str, Meaning] = {
    "hold": Meaning("New issues, held by their target", "The target's mode is hold: a person accepts each new issue."),
    "backlog": Meaning(
        "From before the go-live date",
        "Recorded, and kept quiet: no issue is made and nobody is mailed until a person releases them.",
    ),
    "brake": Meaning("Stopped by the brake", "More issues at once than allowed. Release them if they are all meant."),
    "observe": Meaning(
        "Only observed", "The target's mode is observe. Set it to hold or live to have issues made.", ()
    ),
    "ambiguous": Meaning(
        "Perhaps an action that is known already",
        "A revision reworded its list, and this may be one of the actions that it no longer names, or one that was "
        "withdrawn before. Say which.",
        (SAME, NEW),
    ),
    "doubtful": Meaning(
        "Perhaps not an action",
        "The document can be read in two ways. Say whether it is meant.",
        (NEW, DISMISS),
        own_words=True,
    ),
    "linked_elsewhere": Meaning(
        "Has an issue that we cannot reach",
        "It names an issue in a tracker that is not configured. Configure that tracker, or let it go.",
        (DISMISS,),
        own_words=True,
    ),
    "issue_gone": Meaning(
        "Its issue is gone",
        "The tracker no longer has the issue. Release it to have another made, or let it go.",
        (RELEASE, DISMISS),
    ),
    "duplicate_unknown": Meaning(
        "Its issue was closed as a duplicate",
        "Of which issue, the tracker does not show. Link the surviving issue there, reopen it, release the action to "
        "have another issue made, or let it go.",
        (RELEASE, DISMISS),
    ),
    "closed_meanwhile": Meaning(
        "Listed again, and its issue is closed",
        "While the postmortem did not list it, its issue was closed. Release it to have the issue opened again, or "
        "dismiss it to leave the issue as it is.",
        (RELEASE, DISMISS),
    ),
    "given_up": Meaning(
        "Its issue was given up",
        "A person discarded the request for its issue. Release it to ask once more, or settle it.",
        (RELEASE, NEW, DISMISS),
    ),
    "no_route": Meaning("No route", "Add a route that matches, or a default one, to afteraction.toml."),
    "no_private_route": Meaning(
        "Private, and no route for it",
        'Add a route with visibility = ["private"] to afteraction.toml, or keep the action here.',
        (),
    ),
    "privacy": Meaning(
        "Kept back for privacy",
        "The target is public, or does not say. Route it to a private place, then release it.",
        own_words=True,
    ),
    "unsupported": Meaning(
        "Wants what its tracker cannot do",
        "Take the wish out of the route, or lead it to another tracker.",
        own_words=True,
    ),
    "place_refuses": Meaning(
        "Its place would refuse it", "Mend the place or the configuration, then release it.", own_words=True
    ),
    "field_missing": Meaning(
        "A required field has no value", "Give it a default in the route, or correct the action.", own_words=True
    ),
    "option_unknown": Meaning(
        "A field has no such option", "Add the option in the tracker, or let the route give another.", own_words=True
    ),
    "no_owner": Meaning("Without an owner", "Assign the issue in its tracker.", ()),
    "unknown_owner": Meaning(
        "Owner unknown to the directory", "Add the person, or the account, to the people in afteraction.toml.", ()
    ),
    "owner_left": Meaning("Owner has left", "Assign the issue to somebody else in its tracker.", ()),
    "no_lead": Meaning("Team without a lead", "Name the team's lead in afteraction.toml.", ()),
    "no_manager": Meaning("Nobody to escalate to", "Name the person's manager in afteraction.toml.", ()),
}


def meaning(code: str, *, held: bool) -> Meaning:
    """What a machine word means; one that is not in the table is read out, with the general commands if held."""
    known = MEANINGS.get(code)
    if known is not None:
        return known
    title = code.replace("_", " ").replace(".", ": ").capitalize() or "Waits for a person"
    return Meaning(title, "", (RELEASE, DISMISS) if held else (), own_words=True)


def commands_for(line: ItemLine, candidates: tuple[int, ...] = ()) -> list[str]:
    """The commands that settle one held or flagged item; `candidates` are the items that it may be."""
    held = line.state is State.HELD
    templates = meaning(line.attention_code or "", held=held).commands
    if not held:
        templates = tuple(template for template in templates if template == RELEASE)
    candidate = str(candidates[0]) if len(candidates) == 1 else "ITEM"
    return [template.format(id=line.id, candidate=candidate) for template in templates]


def bulk_command(group: HeldGroup) -> str | None:
    """The command that releases all items of a group at once, where releasing is what they wait for."""
    if group.count < 2 or not group.code or meaning(group.code, held=group.held).commands != (RELEASE,):
        return None
    return f"afteraction held release --code {shlex.quote(group.code)} --reason TEXT"


def letter_commands(letter: Letter) -> tuple[str, str]:
    """How a dead letter is tried again, and how it is given up."""
    name = f"{'d' if letter.box == 'delivery' else 'm'}{letter.id}"
    return (
        f"afteraction dead-letters retry {name} --reason TEXT",
        f"afteraction dead-letters discard {name} --reason TEXT",
    )
