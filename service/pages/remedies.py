"""For each thing that needs a person: what it means, and the command that settles it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from service.ledger.queries import ItemLine, Letter


@dataclass(frozen=True, slots=True)
class Meaning:
    """Why items with one machine word wait. `command` takes the item's id as `{id}`; None: the cure is elsewhere."""

    title: str
    sentence: str
    command: str | None = "afteraction held release {id} --reason TEXT"


MEANINGS: Mapping[str, Meaning] = {
    "hold": Meaning("New issues, held by their target", "The target's mode is hold: a person accepts each new issue."),
    "backlog": Meaning(
        "From before the go-live date",
        "Recorded, and kept quiet: no issue is made and nobody is mailed until a person releases them.",
    ),
    "brake": Meaning("Stopped by the brake", "More issues at once than allowed. Release them if they are all meant."),
    "observe": Meaning(
        "Only observed", "The target's mode is observe. Set it to hold or live to have issues made.", None
    ),
    "ambiguous": Meaning(
        "Perhaps an action that is known already",
        "A revision reworded its list, and this may be one of the actions that it no longer names. Say which.",
        "afteraction held settle {id} --same-as ITEM --reason TEXT",
    ),
    "doubtful": Meaning("Perhaps not an action", "The document can be read in two ways. Release it if it is meant."),
    "linked_elsewhere": Meaning(
        "Has an issue that we cannot reach",
        "It names an issue in a tracker that is not configured.",
        "afteraction held settle {id} --reason TEXT",
    ),
    "no_route": Meaning("No route", "Add a route that matches, or a default one: afteraction.toml, [[routes]].", None),
    "no_private_route": Meaning(
        "Private, and no route for it",
        'Add a route with visibility = ["private"] to afteraction.toml, or keep the action here.',
        None,
    ),
    "privacy": Meaning(
        "Kept back for privacy", "The target is public, or does not say. Route it to a private place.", None
    ),
    "no_owner": Meaning("Without an owner", "Assign the issue in its tracker.", None),
    "unknown_owner": Meaning(
        "Owner unknown to the directory", "Add the person, or the account, to the people in afteraction.toml.", None
    ),
    "owner_left": Meaning("Owner has left", "Assign the issue to somebody else in its tracker.", None),
    "no_lead": Meaning("Team without a lead", "Name the team's lead in afteraction.toml.", None),
    "no_manager": Meaning("Nobody to escalate to", "Name the person's manager in afteraction.toml.", None),
}


def meaning(code: str, *, held: bool) -> Meaning:
    """What a machine word means; one that is not in the table is read out, with the general command if held."""
    known = MEANINGS.get(code)
    if known is not None:
        return known
    title = code.replace("_", " ").replace(".", ": ").capitalize() or "Waits for a person"
    general = Meaning(title, "")
    return general if held else Meaning(title, "", None)


def command_for(line: ItemLine) -> str | None:
    """The command that settles one held or flagged item."""
    template = meaning(line.attention_code or "", held=line.state.value == "held").command
    return template.format(id=line.id) if template else None


def commands_for(letter: Letter) -> tuple[str, str]:
    """How a dead letter is tried again, and how it is discarded."""
    address = shlex.quote(f"{letter.box}:{letter.id}")
    return (
        f"afteraction dead-letters retry {address} --reason TEXT",
        f"afteraction dead-letters discard {address} --reason TEXT",
    )
