"""Small questions about the ends of a marked text."""

import re

from service.reading import marks, states, trackers

# How far back from its end a text is looked at.
WINDOW = 1500
_OPENERS = {")": "(", "）": "（", "]": "[", "】": "【"}
_DATE_LEAD = re.compile(
    r"^(?:(?:due|eta|by|before|until|deadline|target|bis|bis zum|fällig|avant(?: le)?|jusqu'au|hasta(?: el)?|antes del?"
    r"|até|entro(?: il)?|voor|uiterlijk|do|до)(?: date| by| on)?[:：]?\s*)?(?:(?:mon|tues?"
    r"|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? +)?",
    re.IGNORECASE,
)
_HEAD_SEP = re.compile(r"^[\s\-–—:：|,;.•·>]+")
_TAIL_SEP = re.compile(r"[\s\-–—:：|,;•·→>=]+$")


# Fields that stand in front of the text with a stroke after each ("Owner: storage / no due date / add a limit").
HEAD_FIELD = re.compile(
    r"^\s*([A-Za-z][A-Za-z ]{1,20}[:：] ?[^/|:：]{1,60}?"
    r"|((?:no|without) (?:an? )?(?:owner|assignee|due date|deadline|eta)))\s+[/|]\s+(?=\S)",
    re.IGNORECASE,
)


def bracket_start(text: str) -> int | None:
    """Where the bracket that closes the text was opened, if that is not too far back."""
    closer = text[-1:]
    opener = _OPENERS.get(closer)
    depth = 0
    for at in range(len(text) - 1, max(-1, len(text) - WINDOW), -1) if opener else ():
        depth += (text[at] == closer) - (text[at] == opener)
        if not depth:
            return at
    return None


def remark_state(after: str) -> bool | None:
    """The state that a remark after a dash begins with; a longer remark has to set it off from what follows."""
    whole = states.of_word(after)
    if whole is not None:
        return whole
    found = re.match(r"(\w+(?: \w+)?)(?=[\s:,;.(\[]|$)", after)
    if not found:
        return None
    for words in (found.group(1), found.group(1).split()[0]):
        state = states.of_word(words)
        if (
            state is not None
            and (state or states.in_capitals(words))
            and words.casefold() not in ("yes", "no", "live", "new", "open")
        ):
            return state
    return None


def trim(text: str, *, at_head: bool) -> str:
    """The text without the separators that are left at the end that was peeled."""
    return _HEAD_SEP.sub("", text) if at_head else _TAIL_SEP.sub("", text)


def without_links(marked: str) -> str:
    """The words outside links."""
    return re.sub(marks.ANY_LINK, " ", marked)


def leads_to_issue(part: str) -> bool:
    """Whether the words only lead to an issue or to a bare address ("filed as ...")."""
    found = marks.links(part)
    return (
        bool(found)
        and all(trackers.is_issue(url) or url == shown for url, shown in found)
        and (trackers.only_leads(without_links(part)))
    )


def without_profile_links(text: str) -> str:
    """Mentions that are links to a profile become plain mentions."""
    return re.sub(
        f"{marks.LINK}[^{marks.HREF_END}]*{marks.HREF_END}(@[^{marks.LINK_END}]*){marks.LINK_END}", r"\1", text
    )


def inside_link(text: str, at: int) -> bool:
    """Whether the position is within a link."""
    return text.rfind(marks.LINK, 0, at) > text.rfind(marks.LINK_END, 0, at)


def sets_off(mark: str, after: str) -> bool:
    """Whether what follows is a remark: after a dash, or in lower case after a full stop, but not after a colon."""
    return after[0].islower() and len(after) <= 40 if not mark.strip() else mark.strip() != ":"


def bare_date(text: str) -> str:
    """The text without the words that lead to a date ("due by Friday, ...")."""
    return _DATE_LEAD.sub("", text.strip()).removesuffix("まで").removesuffix("前").strip()


def can_be_value(name: str, value: str) -> bool:
    """Whether the words can be the value of that label."""
    shown = marks.plain(value)
    match name:
        case "owner" | "due":
            return len(shown.split()) <= 6
        case "state":
            return states.of_cell(shown) is not None
        case "priority":
            return len(shown.split()) <= 3
        case _:
            return trackers.names_issue(shown) or bool(
                re.fullmatch(r"\W*(?:tbd|todo|n/?a|none)?\W*", shown, re.IGNORECASE)
            )
