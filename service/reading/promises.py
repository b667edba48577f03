"""Whether words promise something: an order, a plan, a will. Only asked where no heading has announced actions."""

import re

from service.reading import marks, verbs

_VERBS = frozenset(verbs.WORK.split())
_WILL = re.compile(
    r"\b(?:will|shall|'ll|’ll|must|should|need(?:s|ed)? to|ha(?:ve|s) to|plan(?:s|ned|ning)? (?:to"
    r"|on)|intend(?:s|ing)? to|going to|aim(?:s|ing)? to|want(?:s)? to|"
    r"would (?:like|be (?:useful|good|nice|helpful|better))|commit(?:ted|ting)? to"
    r"|look(?:ing)? (?:into|to)|(?:is|are|am) (?:\w+ )?(?:\w+ing)|ought to|could|"
    r"recommend(?:s|ed)?|propos(?:e|es|ed)|it'?d be|todo)\b"
    r"|\b(?:muss|müssen|soll|sollen|sollte|sollten|wird|werden|doit|doivent|devrait|allons|faut|debe"
    r"|deben|debemos|vamos a|hay que|deve|devem|devemos|dobbiamo|moeten|zullen|zal)\b"
    r"|する(?:こと|予定|必要)|べき|していく|需要|应该|将|해야|예정|нужно|необходимо|следует|будем",
    re.IGNORECASE,
)
_WE_WILL = re.compile(
    r"\b(?:we|i|our (?:\w+ ){0,2}team|the (?:[\w.\-]+ ){0,3}team|team)(?:'ll|’ll| (?:also |now "
    r"|therefore |is |are |have |be |been )*(?:will|shall|plan|intend|intends|in the process of|need to|must|"
    r"should|going to|committed|commit|decided to|planning|working|aim|investigating|looking|adding"
    r"|implementing|building|introducing|improving|evaluating|exploring|updating|creating))\b"
    r"|\bwe(?:'re|’re| are) (?:\w+ing)\b|\ba plan to \w+|\bwill be (?:\w+ed|made|built|put|written|set)\b",
    re.IGNORECASE,
)
_VOW = re.compile(
    r"(?:\b(?:we|i|our (?:\w+ ){0,2}team|the (?:[\w.\-]+ ){0,3}team)(?:'ll|’ll| will| shall|(?: are|'re"
    r"|’re| am)? (?:(?:now |also |currently )?plan(?:ning)?|intend(?:ing)?|going|committed|looking|aim(?:ing)?) to"
    r"|(?: are|'re|’re)(?= (?:also|now|currently|actively) [\w\-]+ing\b))"
    r"|\band (?:plan|intend|will need|are planning) to)"
    r" (?:also |now |soon |then |first (?:and foremost )?|\w+ly |be )*(?P<verb>[\w\-]+)"
    r"(?P<place>(?: [\w\-]+){1,5} (?:in place|into place))?",
    re.IGNORECASE,
)
_FROM_NOW = re.compile(r"\W*(?:in (?:the )?future|(?:going|moving) forward|from now on)\b", re.IGNORECASE)
_BOUND = re.compile(
    r"\b(?:will|shall|must|needs? to|has to|have to|should(?! have)|(?:is|are) (?:being|getting|going to be))\b",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"\b(?:sorry|apolog\w+|thanks?|grateful|appreciate|patience|inconvenience|questions?|(?:keep|update|inform) (?:you"
    r"|everyone|our \w+)|promise to do better|strive|best to|take (?:\w+ ){1,3}seriously)\b",
    re.IGNORECASE,
)
_TALK = frozenset(verbs.TALK.split())
_PAST = re.compile(
    r"\b(?:we|i|they|team) (?:have |had |also |then |immediately |quickly |subsequently )*(?:took"
    r"|made|did|were|was|identified|found|noticed|observed|"
    r"performed|learned|learnt|discovered|saw|had|missed|failed|encountered|experienced)\b",
    re.IGNORECASE,
)
_LEAD_NOUN = re.compile(
    r"\b(?:next steps?|action items?|follow[- ]?ups?|to-?dos?|(?:following|these|several|some|few"
    r"|number of|corrective|preventive|additional|further) "
    r"(?:\w+ ){0,2}(?:actions?|steps?|improvements?|changes|measures|tasks|issues to|plans?|initiatives))\b",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"\b(?:to (?:prevent|avoid|reduce|ensure|make sure|mitigate|minimi[sz]e|improve|address|lower)"
    r"|going forward|moving forward|in (?:the )?future|so that this|from happening|"
    r"from now on|in the coming|over the next|committed to)\b",
    re.IGNORECASE,
)
_PURPOSE_FIRST = re.compile(r"\W*(?:in order )?to \w[^,.]{5,120}, (?=we\b|i\b)", re.IGNORECASE)
_ASKS = re.compile(
    r"\bwhat (?:are|will|can|should|do) we (?:now |then )?(?:going to |plan to )?(?:do|doing|change|changing|improve)\b"
    r"|\bhow (?:are|will|can|do) we (?:going to |plan to )?(?:\w+ ){0,3}(?:prevent|avoid|stop|improve|do better)"
    r"|\bhere(?:'s|’s| is| are)(?: \w+){0,3} (?:what|how|steps|changes|actions|measures)(?: \w+){0,2}"
    r" we(?: are|'re|’re|'ll|’ll| will| plan)\b",
    re.IGNORECASE,
)
_REASONS = re.compile(r"\b(?:reasons?|causes?|symptoms?|benefits|advantages)\b[^,;.]{0,30}[:：]\s*$", re.IGNORECASE)
_FOLLOWING = re.compile(
    r"\b(?:the following|as follows|these (?:steps|actions|changes|measures|improvements))\b", re.IGNORECASE
)
_LEAD_IN = re.compile(r"[^:：—–]{1,80}?(?:[:：—–]| - )\s*")
_PAST_FORM = re.compile(r"\W*(?:(?:we|i)(?:'ve|’ve| have| had)? )?(?:also |already |now )*([^\W\d_]+)", re.IGNORECASE)
_IRREGULAR = frozenset(("built", "rebuilt", "wrote", "made", "took", "gave", "began", "found", "held", "sent"))
_ALERT = re.compile(r"(?:\w+ )?alert (?:on|when|if|about|for|the)\b", re.IGNORECASE)
# "Installation of", "enhancement of": a verb of work as a noun.
_NOUN_OF = re.compile(r"\W{0,3}([^\W\d_]{2,20}?)(?:ation|ion|ment) of\b", re.IGNORECASE)
_FIRST = re.compile(r"[^\W\d_][\w'’\-]*")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?:[\"'”’)\]]*)\s+(?=[^\s])|(?<=[。！？])")
_POINTER = re.compile(
    r"^\W*(?:see|refer to|please|these|this|there (?:are|is|were)|none|n/?a|no |not applicable"
    r"|nothing|tbd|tba|todo|the following|below|above|as (?:mentioned|described)|"
    r"action items? (?:are|is|were|can|will)|all (?:action items|actions|tasks|issues)"
    r"|every (?:action )?item|(?:all|each|none|some|most) of|they |tracked|list |each |example|note)\b",
    re.IGNORECASE,
)


def is_order(text: str) -> bool:
    """Whether the text begins as an order or a plan does: with a verb in its plain or its -ing form."""
    found = _FIRST.search(text)
    if not found or found.start() > 3:
        return False
    word = found.group(0).lower()
    if word in (
        "better",
        "more",
        "new",
        "to",
        "also",
        "please",
        "further",
        "potentially",
        "possibly",
        "maybe",
        "properly",
        "automatically",
        "actively",
        "regularly",
        "further",
        "consistently",
    ):
        rest = _FIRST.search(text, found.end())
        word = rest.group(0).lower() if rest else word
    if word == "alert":
        return bool(_ALERT.match(text, found.start()))
    word = word.removeprefix("re-")
    return word in _VERBS or _stem(word) in _VERBS


def _stem(word: str) -> str:
    if not word.endswith("ing") or len(word) < 6:
        return word
    stem = word[:-3]
    if stem in _VERBS:
        return stem
    if stem[-1:] == stem[-2:-1]:
        return stem[:-1]
    return stem + "e"


def orders(text: str) -> bool:
    """Whether the text is an order, also after a lead-in that names its subject ("Locks: release them")."""
    lead = _LEAD_IN.match(text)
    return is_order(text) or (lead is not None and is_order(text[lead.end() :]))


def is_past(text: str) -> bool:
    """Whether the text tells what was done: it begins with a verb of work in its past form ("Added a limit")."""
    found = _PAST_FORM.match(text)
    if not found:
        return False
    word = found.group(1).lower()
    if word in _IRREGULAR:
        return True
    stem = word[:-2]
    forms = (stem, word[:-1], stem[:-1], f"{stem[:-1]}y" if stem.endswith("i") else stem)
    return word.endswith("ed") and any(form in _VERBS for form in forms)


def is_told(text: str) -> bool:
    """Whether a purpose comes first and then what "we" did for it ("To avoid this, we updated the tests")."""
    purpose = _PURPOSE_FIRST.match(text)
    return purpose is not None and is_past(text[purpose.end() :]) and not binds(text)


def is_promise(marked: str) -> bool:
    """Whether an item's words are those of an action: an order (also after a bold lead-in), or an obligation."""
    text = marks.plain(marked)
    return orders(text) or _is_deed(text) or bool(_WILL.search(text[:600]))


def _is_deed(text: str) -> bool:
    """Whether the text begins with the noun of a verb of work ("Installation of a second feed")."""
    found = _NOUN_OF.match(text)
    if not found:
        return False
    stem = found.group(1).lower()
    return bool(_VERBS & {stem, f"{stem}e", f"{stem}ate"})


def we_promise(sentence: str) -> bool:
    """Whether the authors bind themselves in this sentence."""
    return bool(_WE_WILL.search(sentence))


def binds(sentence: str) -> bool:
    """Whether a sentence says what will, must or is about to be done; thanks, regrets and news to come are none."""
    text = sentence[:600]
    return bool(_WE_WILL.search(text) or _BOUND.search(text)) and not _CHATTER.search(text)


def is_chatter(text: str) -> bool:
    """Whether the text thanks, regrets or reassures."""
    return bool(_CHATTER.search(text[:600]))


def asks(sentence: str) -> bool:
    """Whether a sentence asks or announces what will be done, so that what follows answers it."""
    return bool(_ASKS.search(sentence[:600]))


def is_vow(sentence: str) -> bool:
    """Whether "we" will do something definite: a verb of work behind the will, or "in the future" ahead of it."""
    if _FROM_NOW.match(sentence) and _WE_WILL.search(sentence[:600]) and not _CHATTER.search(sentence):
        return True
    for found in _VOW.finditer(sentence[:600]):
        verb = _stem(found["verb"].lower())
        if verb in _VERBS and (verb not in _TALK or found["place"]):
            return True
    return False


def announces(lead: str) -> bool:
    """Whether the last sentence before a list announces what will be done ("Going forward, we will:")."""
    last = sentences(lead)[-1:] or [""]
    text = last[0]
    leads = text.rstrip().endswith((":", "："))
    promise = _WE_WILL.search(text)
    past = _PAST.search(text, promise.end() if promise else 0)
    if asks(text):
        return True
    if past or _REASONS.search(text) or not (leads or _FOLLOWING.search(text)):
        return False
    return bool(promise or _PURPOSE.search(text)) or (bool(_LEAD_NOUN.search(text)) and bool(_WILL.search(text)))


def sentences(text: str) -> list[str]:
    """The sentences of a marked or plain text."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def points_elsewhere(text: str) -> bool:
    """Whether the words only point somewhere or introduce, and promise nothing themselves."""
    return bool(_POINTER.match(text)) or text.rstrip().endswith((":", "："))
