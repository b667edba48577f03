"""Takes an item's text apart: state, owner, due date, priority and links come off its ends, the promise remains.

Only the ends are peeled. A word in the middle of a sentence is part of what was promised, whatever it looks like.
"""

import datetime
import re

from service.reading import dates, ends, grades, labels, marks, people, states, trackers
from service.reading.peeled import Peeled
from service.reading.people import People

_HEAD_BRACKET = re.compile(r"^\s*[\[(（【]([^\[\]()（）【】]{0,200})[\])）】]\s*[:：.\-–—]*\s*")
_CHECKBOX = re.compile(r"^\s*\[([ xX✓✔~\-/]?)\]\s+|^\s*\[([xX✓✔])\](?=\S)")
_TAIL_NOISE = " \t.:;,!"
_TAIL_LINK = re.compile(
    rf"(?:[\s\-–—:：|,;→>=(\[]|\b(?:see|in|via|at|as|issue|ticket|pr|and|tracked|tracking|filed|ref|jira|github))*"
    rf"({marks.ANY_LINK})[\s.,;)\]]*$",
    re.IGNORECASE,
)
_HEAD_LINK = re.compile(rf"^[\s\[(]*({marks.ANY_LINK})[\])]*\s*(?:[:：\-–—|]+|(?=\s))\s*")
_STATE_IN_LINK = re.compile(r"(.+?) ?[(\[]([\w -]{2,20})[)\]]")
_LABELLED = {
    name: re.compile(
        rf"(?:^|[\s\-–—:：|,;.。、(\[*])(?:{words})\s*[:：=]\s*((?:(?!\s[-–—|]\s)[^:：|;]){{1,80}})$", re.IGNORECASE
    )
    for name, words in labels.INLINE.items()
}
_DASHED = re.compile(r"\s(?:[-–—|]|->|=>|→|:)\s*(?=\S)|(?<=[.!?])\s+(?=\S)")
_PARTS = re.compile(r"[;|；，、]|,(?! ?(?:19|20)\d\d\b)| [-–—] ")
_LAST_WORDS = re.compile(r"(?:^|\s)[*_]*([A-Z]+(?:[- ][A-Z]+)?)[*_]*[.\s]*$")
_BOLD_END = re.compile(f"{marks.BOLD}([^{marks.BOLD}{marks.BOLD_END}]{{1,40}}){marks.BOLD_END}[\\s.]*$")
_CAPITALS_START = re.compile(r"^(TO-?DO|DONE|WIP|FIXED|IN[- ]PROGRESS)\s+(?=[^\W\d_])")
_BOLD_START = re.compile(f"^{marks.BOLD}([^{marks.BOLD}{marks.BOLD_END}]{{1,40}}){marks.BOLD_END}\\s*")
_MENTIONS_END = re.compile(r"(?:^|\s|[\-–—:(\[])((?:(?:,|and|&|/|\+)?\s*@[\w][\w.\-]*(?:/[\w.\-]+)?)+)[\s.)\]]*$")
_MENTIONS_START = re.compile(
    r"^((?:@[\w][\w.\-]*(?:/[\w.\-]+)?(?:\s*(?:,|and|&|/|\+)\s*)?)+)\s*(?:[:：\-–—|]+|to\b|will\b|should\b)\s*"
)
_PRIORITY_START = re.compile(
    r"^[\[(]?(P[0-4]|(?:high|medium|low|critical|urgent)(?: priority)?)[\])]?\s*[:：\-–—|]+\s*", re.IGNORECASE
)
_PERSON_TO = re.compile(
    r"(?!(?:we|i|our|the|team|everyone|all)\b)"
    r"((?:[^\W\d_][\w'’.\-]*(?: and |, | & |/)?(?: (?!to\b|will\b))?){1,4}) (?:to|will) (?=[a-z])",
    re.IGNORECASE,
)
# A team behind one of these words is what something is done to ("train our team").
_WITHIN = re.compile(r" (?:the|our|your|their|its|all) ", re.IGNORECASE)
_NUMBERED = re.compile(
    r"^\s*(?:action(?: item)?|item|task|ai|follow-?up|improvement|recommendation"
    r"|measure)[ \-]?#?\d{1,3}\s?[.):\-–—]+\s*|^\s*(?:action(?: item)?|task|follow-?up)\s*[:：]\s+",
    re.IGNORECASE,
)
_STATE_START = re.compile(
    r"^([^\W\d_][\w\- ]{2,14}?)\s*[:：]\s+|^([A-Z][A-Z\- ]{2,12}[A-Z])\s*[\-–—]\s+"
    r"|^((?!(?:live|new|open|yes|no)\b)[^\W\d_][\w \-]{2,14}?)\s+[\-–—]\s+",
    re.IGNORECASE,
)
_BY_DATE = re.compile(
    r"(?:^|[\s,;(\-–—])(?:(?:due|eta|deadline|target)(?: date)?(?: by| on)?|by|before|until"
    r"|no later than|bis|avant)[:：]?\s+([^:;|()]{4,40})$",
    re.IGNORECASE,
)
# The length from which a text is an essay, not an item.
_LONGEST = 8000


def peel(marked: str, who: People, anchor: datetime.date | None) -> Peeled:
    """The item's promise and its facts; `anchor` gives the year to a due date that has none."""
    text = marks.spaced(marked)
    peeled = Peeled(text)
    peeled.take_links(text)
    if len(text) > _LONGEST:
        return peeled
    if marks.is_struck(text):
        peeled.state(True)
    _Peeler(peeled, who, anchor).run()
    if not re.search(r"\w", marks.plain(peeled.text)):
        # Nothing but a reference: then the reference is the text.
        peeled.text = _CHECKBOX.sub("", text)
    return peeled


class _Peeler:
    """Applies the rules at both ends until none of them finds anything more."""

    def __init__(self, peeled: Peeled, who: People, anchor: datetime.date | None) -> None:
        self._peeled, self._who, self._anchor = peeled, who, anchor

    def run(self) -> None:
        head = (
            self._checkbox,
            self._signs,
            self._head_number,
            self._head_field,
            self._head_bracket,
            self._head_link,
            self._head_word,
            self._head_mention,
        )
        tail = (
            self._tail_bracket,
            self._tail_link,
            self._tail_label,
            self._tail_state,
            self._tail_date,
            self._tail_mention,
        )
        for rules in (head, tail, head):
            for _ in range(12):
                if not any(rule() for rule in rules):
                    break
        self._named()

    def _keep(self, text: str) -> bool:
        """Replaces the text unless nothing readable would be left of it; says whether it did."""
        if not re.search(r"\w", marks.plain(text)):
            return False
        self._peeled.text = text.strip()
        return True

    def _checkbox(self) -> bool:
        found = _CHECKBOX.match(marks.unstyled(self._peeled.text)[:20])
        if not found:
            return False
        mark = found.group(1) or found.group(2) or ""
        self._peeled.state(mark in "xX✓✔" if mark.strip() else False)
        return self._keep(_CHECKBOX.sub("", marks.unstyled(self._peeled.text), count=1))

    def _signs(self) -> bool:
        bare = marks.unstyled(self._peeled.text)
        state, rest = states.of_signs(bare)
        if state is None or not self._keep(rest):
            return False
        if _PRIORITY_START.match(rest):
            return True  # A coloured circle in front of "High" shows how urgent it is.
        self._peeled.state(state)
        return True

    def _head_number(self) -> bool:
        bare = marks.unstyled(self._peeled.text)
        found = _NUMBERED.match(bare)
        return found is not None and self._keep(bare[found.end() :])

    def _head_field(self) -> bool:
        bare = marks.unstyled(self._peeled.text)
        found = ends.HEAD_FIELD.match(bare)
        field = labels.value_line(found[1]) if found else None
        if not found or not (field or found[2]) or not self._keep(bare[found.end() :]):
            return False
        if field:
            self._peeled.give(field[0], field[1], self._anchor)
        return True

    def _head_bracket(self) -> bool:
        text = marks.unstyled(self._peeled.text)
        found = _HEAD_BRACKET.match(text)
        return bool(found) and self._group(str(found.group(1)), text[found.end() :], at_head=True)  # type: ignore[union-attr]

    def _head_link(self) -> bool:
        text = marks.unstyled(self._peeled.text)
        found = _HEAD_LINK.match(text)
        shown = marks.plain(found.group(1)) if found else ""
        state = states.of_word(shown)
        if state is None and (bracket := _STATE_IN_LINK.fullmatch(shown)):
            shown, state = bracket.group(1), states.of_word(bracket.group(2))
        if not found or (state is None and not trackers.names_issue(shown)):
            return False
        if not self._keep(ends.trim(text[found.end() :], at_head=True)):
            return False
        self._peeled.state(state)
        return True

    def _head_word(self) -> bool:
        text = self._peeled.text
        bare = marks.unstyled(text)
        for pattern, styled in ((_BOLD_START, text), (_STATE_START, bare)):
            found = pattern.match(styled)
            state = states.of_word(next(group for group in found.groups() if group)) if found else None
            if found and state is not None and self._keep(ends.trim(styled[found.end() :], at_head=True)):
                self._peeled.state(state)
                return True
        found = _CAPITALS_START.match(bare)
        if found and self._keep(bare[found.end() :]):
            self._peeled.state(states.of_word(found.group(1)))
            return True
        found = _PRIORITY_START.match(bare)
        if found and self._keep(bare[found.end() :]):
            self._peeled.priority = self._peeled.priority or grades.priority(found.group(1))
            return True
        return False

    def _head_mention(self) -> bool:
        text = ends.without_profile_links(marks.unstyled(self._peeled.text))
        found = _MENTIONS_START.match(text)
        if not found or not self._keep(text[found.end() :]):
            return False
        self._peeled.owner = self._peeled.owner or people.owner(found.group(1).strip(" ,&/+").removesuffix(" and"))
        return True

    def _named(self) -> None:
        """Who is named at the front ("Kim to write to customers") owns it; the words stay as they are."""
        found = _PERSON_TO.match(marks.plain(self._peeled.text))
        one = found is not None and self._peeled.owner is None and self._who.is_person(found.group(1))
        if found and one and not _WITHIN.search(found[1]):
            self._peeled.owner = people.owner(found.group(1))

    def _tail_bracket(self) -> bool:
        text = marks.unstyled(self._peeled.text).rstrip(_TAIL_NOISE)
        start = ends.bracket_start(text)
        return start is not None and self._group(text[start + 1 : -1], text[:start], at_head=False)

    def _group(self, inside: str, rest: str, *, at_head: bool) -> bool:
        """A bracket goes when all of it is facts; the facts are taken only if the bracket goes."""
        whole = Peeled("")
        if not self._facts(inside, whole, at_head=at_head) or not self._keep(ends.trim(rest, at_head=at_head)):
            return False
        mine = self._peeled
        mine.state(whole.done)
        mine.owner, mine.due = mine.owner or whole.owner, mine.due or whole.due
        mine.priority, mine.kind = mine.priority or whole.priority, mine.kind or whole.kind
        return True

    def _facts(self, inside: str, into: Peeled, *, at_head: bool) -> bool:
        shown = marks.plain(inside)
        if not shown.strip() or self._who.is_person(shown):
            into.owner = people.owner(shown)
            return True
        if self._all_facts(inside, into, at_head=at_head):
            return True
        told = None if at_head else states.of_remark(shown)
        into.state(told)
        return told is not None or self._fact(inside, into, at_head=at_head)

    def _all_facts(self, inside: str, into: Peeled, *, at_head: bool) -> bool:
        """Several facts with commas between them; beside when or how far, a name that nobody knows is who."""
        parts = [part for part in _PARTS.split(inside) if part.strip()]
        rest = [part for part in parts if not self._fact(part, into, at_head=at_head)]
        if len(parts) < 2 or (rest and into.owner):
            return False
        told = into.due is not None or into.done is not None or into.priority is not None
        if rest and not (told and all(self._who.may_be_person(marks.plain(part)) for part in rest)):
            return False
        into.owner = into.owner or people.owner(", ".join(rest))
        return True

    def _fact(self, part: str, into: Peeled, *, at_head: bool = False) -> bool:
        """Whether the words are one fact, which is then taken."""
        shown = marks.plain(part)
        line = labels.value_line(marks.unstyled(part).strip())
        state = states.of_word(shown)
        if state is not None:
            into.state(state)
        elif self._who.is_person(shown):
            into.owner = into.owner or people.owner(shown)
        elif trackers.names_issue(shown) or ends.leads_to_issue(part):
            self._peeled.take_links(part)
        elif line:
            into.give(line[0], line[1], self._anchor)
        elif grades.is_priority(shown) or (at_head and grades.names_level(shown)):
            into.priority = grades.priority(shown)
        elif grades.names_kind(shown):
            into.kind = grades.kind(shown)
        elif re.fullmatch(
            r"(?:issue|ticket|pr|bug|task)s? (?:created|filed|opened|raised|logged|exists)|optional|stretch",
            shown,
            re.IGNORECASE,
        ):
            pass
        else:
            return self._dated(shown, into)
        return True

    def _dated(self, shown: str, into: Peeled) -> bool:
        bare = ends.bare_date(shown)
        if last := dates.end_of_month(bare):
            into.due = into.due or last
            return True
        found = next(dates.find(bare), None)
        if found and found.start == 0 and found.end == len(bare):
            into.due = into.due or found.after(self._anchor)
            return True
        return False

    def _tail_link(self) -> bool:
        text = marks.unstyled(self._peeled.text)
        start = text.rfind(marks.LINK)
        if start < 0 or len(text) - text.rfind(marks.LINK_END) > 8:
            return False
        found = _TAIL_LINK.search(text, max(0, start - 40))
        if not found:
            return False
        [(url, shown)] = marks.links(found.group(1))
        told = states.of_remark(shown) if trackers.is_issue(url) and len(shown.split()) <= 4 else None
        if told is None and url != shown and not trackers.names_issue(shown) and not url.endswith(f"/{shown}"):
            return self._person_link(text, found, shown)
        self._peeled.state(told)
        return self._keep(ends.trim(text[: found.start()], at_head=False))

    def _person_link(self, text: str, found: re.Match[str], shown: str) -> bool:
        if not (shown.startswith("@") and self._keep(ends.trim(text[: found.start()], at_head=False))):
            return False
        self._peeled.owner = self._peeled.owner or people.owner(shown)
        return True

    def _tail_label(self) -> bool:
        text = marks.unstyled(self._peeled.text)
        at = max(0, len(text) - 160)
        for name, pattern in _LABELLED.items():
            found = pattern.search(text, at)
            if (
                found
                and ends.can_be_value(name, found.group(1))
                and self._keep(ends.trim(text[: found.start()], at_head=False))
            ):
                self._peeled.give(name, found.group(1), self._anchor)
                return True
        return False

    def _tail_state(self) -> bool:
        text = self._peeled.text
        found = _BOLD_END.search(text)
        if (
            found
            and (state := states.of_word(found.group(1))) is not None
            and self._keep(ends.trim(text[: found.start()], at_head=False))
        ):
            self._peeled.state(state)
            return True
        bare = marks.unstyled(text)
        capitals = _LAST_WORDS.search(bare, max(0, len(bare) - 40))
        if (
            capitals
            and states.in_capitals(capitals.group(1))
            and self._keep(ends.trim(bare[: capitals.start()], at_head=False))
        ):
            self._peeled.state(states.of_word(capitals.group(1)))
            return True
        return self._dashed(bare)

    def _dashed(self, bare: str) -> bool:
        """What follows a dash is a fact, or a state with a remark ("- done, with a new limit")."""
        cuts = list(_DASHED.finditer(bare, max(0, len(bare) - ends.WINDOW)))[-6:]
        for found in reversed([cut for cut in cuts if not ends.inside_link(bare, cut.start())]):
            after = bare[found.end() :]
            into = Peeled("")
            state = ends.remark_state(marks.plain(after)) if ends.sets_off(found.group(0), after) else None
            if state is None and not self._fact(after, into) and not self._told(after, into):
                continue
            if not self._keep(ends.trim(bare[: found.start()], at_head=False)):
                return False
            self._peeled.state(state if state is not None else into.done)
            self._peeled.owner, self._peeled.due = self._peeled.owner or into.owner, self._peeled.due or into.due
            self._peeled.priority = self._peeled.priority or into.priority
            return True
        return False

    def _told(self, after: str, into: Peeled) -> bool:
        """Several facts after one dash, or a name before a dash that leads to another fact."""
        if self._all_facts(after, into, at_head=False):
            return True
        mine = self._peeled
        if mine.owner or (mine.due is None and mine.done is None) or not self._who.may_be_person(marks.plain(after)):
            return False
        into.owner = people.owner(after)
        return into.owner is not None

    def _tail_date(self) -> bool:
        text = marks.unstyled(self._peeled.text)
        found = _BY_DATE.search(text, max(0, len(text) - 80))
        if not found:
            return False
        into = Peeled("")
        shown = marks.plain(found.group(1)).strip(" .")
        if not self._dated(shown, into) or not self._keep(ends.trim(text[: found.start()], at_head=False)):
            return False
        self._peeled.due = self._peeled.due or into.due
        return True

    def _tail_mention(self) -> bool:
        text = ends.without_profile_links(marks.unstyled(self._peeled.text))
        found = _MENTIONS_END.search(text, max(0, len(text) - 200))
        if not found or re.search(
            r"\b(?:with|to|from|by|for|of|via|ask|contact|cc)\s*$", text[: found.start()], re.IGNORECASE
        ):
            return False
        if not self._keep(ends.trim(text[: found.start()], at_head=False)):
            return False
        self._peeled.owner = self._peeled.owner or people.owner(re.sub(r"\s+(?=@)", ", ", found.group(1).strip()))
        return True
