"""Action items out of lists."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from service.reading import grades, headings, labels, marks, people, promises, states, trackers
from service.reading.blocks import Block, ListBlock, ListItem, Paragraph
from service.reading.document import ReadItem
from service.reading.peel import peel
from service.reading.peeled import Peeled
from service.reading.people import People

# A postmortem with more promises than this is none, or somebody is trying us.
MOST = 1000
_PLACEHOLDER = re.compile(
    r"[\W_]*|(?:(?:[^\w\[\]]|_)*\[[^\[\]]{1,60}\](?:[^\w\[\]]*\b(?:by|owner|due|eta|assigned to)\b)?)+"
    r"(?:[^\w\[\]]|_)*|\W*(?:n/?a|none|nil|nothing|no action(?: items?)?(?: (?:needed|required|taken|identified))?"
    r"|no follow[- ]?ups?|not applicable|tbd|tba|tbc|todo|to be (?:done|determined|defined|added)|"
    r"none\b[^.]{0,30}\b(?:yet|so far|landed|needed|required|identified|planned)\b.*"
    r"|\.\.\.|etc|なし|特になし|无|無|keine|aucune?|ninguna?|nessuna?|nenhuma?|geen)\W*|\W*(?:\.\.\.|…).*"
    r"|.*\{\{.*\}\}.*|\W*\{[^{}]*\}\W*|\W*<[^<>]+>\W*|\[[^\]]*(?:your|description|action item|insert|task)[^\]]*\]\W*"
    r"|(?:[^\W\d_][\w ]{2,30}: ?)?\[[^\[\]]{1,180}\]\W*"
    r"|\W*(?:action item|item|action|task|follow-up|another item|example)s? ?(?:\d{1,2}|[a-z]"
    r"|here)?\W*|\W*(?:add|insert|list|describe) (?:your )?(?:action items?|items|actions"
    r"|tasks)? ?here\W*|lorem ipsum.*",
    re.IGNORECASE | re.DOTALL,
)
_BOX = re.compile(r"\s*\[[ xX]\]")
_REMARK = re.compile(
    r"\W*(?:see|e\.?g|i\.?e|note|notes|cf|for example|example|because|this|that|which|so|and|or|but"
    r"|why|currently|reason|rationale|context|details?|background)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where items stand: what holds for each of them unless it says otherwise."""

    who: People
    anchor: datetime.date | None
    section: str | None = None
    owner: str | None = None
    done: bool | None = None
    kind: str | None = None
    priority: str | None = None
    doubtful: bool = False


def is_placeholder(text: str) -> bool:
    """Whether the text is a template's line or says that there is nothing."""
    return len(text) <= 200 and bool(_PLACEHOLDER.fullmatch(text.strip()))


def item_of(peeled: Peeled, place: Place) -> ReadItem | None:
    """The item that was peeled, with what its place says; None for a placeholder."""
    text = marks.plain(peeled.text).rstrip(":： ")
    if is_placeholder(text) or not re.search(r"\w", text):
        return None
    return ReadItem(
        text=text,
        done=place.done if peeled.done is None else peeled.done,
        owner=peeled.owner or place.owner,
        due=peeled.due,
        priority=peeled.priority or place.priority,
        kind=peeled.kind or place.kind,
        links=tuple(peeled.links),
        section=place.section,
        doubtful=place.doubtful,
    )


def of_list(block: ListBlock, place: Place, *, only_promises: bool = False) -> Iterator[ReadItem]:
    """The items of a list in order.

    With `only_promises` an entry counts if its words, mark, owner or issue make it an action; where most of the
    entries are, the list is one of actions and all of them count.
    """
    habit = _ends_with_names(block)
    read = [(entry, _main(entry, place, habit)) for entry in block.items[:MOST]]
    if only_promises:
        good = [(entry, peeled) for entry, peeled in read if peeled and _is_action(peeled)]
        read = read if len(good) * 5 >= len(read) * 4 else good  # type: ignore[assignment]
    for entry, peeled in read:
        if peeled is not None:
            yield from _entry(entry, peeled, place)


def is_marked(block: ListBlock) -> bool:
    """Whether an entry of the list has a box to tick."""
    firsts = [entry.blocks[0] for entry in block.items if entry.blocks]
    return any(isinstance(first, Paragraph) and _BOX.match(marks.plain(first.text)) for first in firsts)


def commands(block: ListBlock, place: Place) -> Iterator[ReadItem]:
    """Entries that are actions by their own words or marks, where the list as a whole only details another action."""
    for entry in block.items[:MOST]:
        peeled = _main(entry, place, habit=False)
        if peeled and _stands_alone(peeled) and not labels.value_line(marks.plain(peeled.text)):
            item = item_of(peeled, place)
            if item:
                yield item


def _is_action(peeled: Peeled) -> bool:
    facts = (peeled.done is not None, peeled.owner, peeled.due, peeled.priority)
    return any(facts) or promises.is_promise(peeled.text)


def _main(entry: ListItem, place: Place, habit: bool) -> Peeled | None:
    first = entry.blocks[0] if entry.blocks else None
    if not isinstance(first, Paragraph):
        return None
    lines = first.text.split("\n")
    kept, fields = [lines[0]], []
    for line in lines[1:]:
        field = labels.value_line(marks.unstyled(line))
        (fields.append(field) if field else kept.append(line))
    peeled = peel("\n".join(kept), place.who, place.anchor)
    for name, value in fields:
        stated = peel(value, place.who, place.anchor)
        peeled.give(name, value if name == "state" else stated.text, place.anchor)
        peeled.state(stated.done)
    if habit and peeled.owner is None:
        _take_last_name(peeled)
    return peeled


def _entry(entry: ListItem, peeled: Peeled, place: Place) -> Iterator[ReadItem]:
    """The entry itself, then those of its children that are actions of their own."""
    below = _Children(place)
    for block in entry.blocks[1:]:
        below.take(block, peeled)
    text = marks.plain(peeled.text)
    if below.lists and _only_groups(text, peeled, concrete=below.concrete):
        inner = replace(place, section=text.rstrip(":： "), owner=place.owner or peeled.owner)
        for block in below.lists:
            yield from of_list(block, inner)
        return
    own = item_of(peeled, place)
    if own is None:
        return
    # What is told in the past tense, without a mark that it is done, may be a promise kept or no promise at all.
    told = own.done is None and promises.is_past(own.text)
    yield replace(own, doubtful=True) if told else own
    inner = replace(place, owner=own.owner, section=place.section)
    for child in below.children:
        item = item_of(child, inner)
        if item:
            yield replace(item, doubtful=True) if child.done is None else item


def _only_groups(text: str, peeled: Peeled, *, concrete: bool) -> bool:
    """A short label without a verb or a fact of its own ("Documentation:", "Ann Lee") groups what stands below it.

    Without a colon it does so only where all that stands below it is `concrete`: actions by their own words. With
    both, it may be longer, or be named after a doing ("Backup testing:"), if it is no order.
    """
    core = text.rstrip(":： ")
    if peeled.links or peeled.done is not None or peeled.due:
        return False
    if headings.sorts(core):
        return True
    named = core.partition(" ")[0].endswith("ing") or not promises.is_order(core)
    if text.endswith((":", "：")) and concrete and len(core.split()) <= 5 and named:
        return True
    promising = len(core.split()) > 1 and promises.is_promise(core)
    return (text.endswith((":", "：")) or concrete) and len(core.split()) <= 3 and not promising


class _Children:
    """What stands inside an entry: fields and bare links belong to it; marked or commanding entries are actions."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.children: list[Peeled] = []
        self.lists: list[ListBlock] = []
        self.concrete = True

    def take(self, block: Block, parent: Peeled) -> None:
        if isinstance(block, Paragraph):
            for line in block.text.split("\n"):
                self._field(line, parent)
            parent.take_links(block.text)
        elif isinstance(block, ListBlock):
            rest = [entry for entry in block.items if not self._belongs(entry, parent)]
            if rest:
                self.lists.append(ListBlock(block.ordered, block.start, rest))
            read = [child for entry in rest[:MOST] if (child := _main(entry, self._place, False))]
            own = [child for child in read if _stands_alone(child)]
            self.concrete &= len(own) == len(rest)
            # Where most of them are actions, the others are too: people write steps in one list.
            self.children.extend(read if len(own) * 2 >= len(read) else own)

    def _belongs(self, entry: ListItem, parent: Peeled) -> bool:
        first = entry.blocks[0] if entry.blocks else None
        if not isinstance(first, Paragraph):
            return True
        text = marks.plain(first.text)
        if self._field(first.text, parent):
            return True
        if trackers.names_issue(text) or (
            marks.links(first.text) and trackers.only_leads(re.sub(marks.ANY_LINK, " ", first.text))
        ):
            parent.take_links(first.text)
            state = states.of_remark(text)
            parent.state(True if state else None)
            return True
        if labels.describes(text):
            parent.take_links(first.text)
            return True
        return bool(_REMARK.match(text)) or is_placeholder(text)

    def _field(self, line: str, parent: Peeled) -> bool:
        field = labels.value_line(marks.unstyled(line).strip())
        if field:
            parent.give(field[0], field[1], self._place.anchor)
        return field is not None


def _stands_alone(child: Peeled) -> bool:
    return (
        child.done is not None or bool(child.links) or bool(child.owner) or promises.is_order(marks.plain(child.text))
    )


_LAST_NAME = re.compile(r"[(（\[]\s*@?([A-Za-z][\w.\-]{1,30})\s*[)）\]]\s*\.?\s*$")


def _ends_with_names(block: ListBlock) -> bool:
    """Whether entry after entry ends with one word in brackets that is no state: then it is who does it."""
    tails = []
    for entry in block.items:
        first = entry.blocks[0] if entry.blocks else None
        found = _LAST_NAME.search(marks.plain(first.text)[-60:]) if isinstance(first, Paragraph) else None
        if found and states.of_word(found.group(1)) is None and not grades.is_priority(found.group(1)):
            tails.append(found.group(1))
    return len(tails) >= 2 and len(tails) * 3 >= len(block.items) * 2


def _take_last_name(peeled: Peeled) -> None:
    text = marks.plain(peeled.text)
    found = _LAST_NAME.search(text)
    if found and found.start():
        peeled.owner = people.owner(found.group(1))
        peeled.text = text[: found.start()].rstrip()
