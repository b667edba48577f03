"""Whether words promise something: an order, a plan, a will. Only asked where no heading has announced actions."""

import re

from service.reading import marks

_VERBS = frozenset(
    "add adjust adopt agree align allow analyse analyze annotate apply arrange ask assess assign audit augment automate avoid backfill back-port backport backup ban batch "
    "block boost bring broadcast build bump cache calibrate capture centralise centralize change check choose clarify clean cleanup clear close collect combine communicate "
    "compare complete conduct configure confirm connect consider consolidate contact continue contribute convert coordinate correct cover create cut decide declare decommission "
    "decouple decrease default define delete deploy deprecate describe design detect determine develop diagnose disable discuss distribute divide document download drop eliminate "
    "email emit enable encourage encrypt enforce enhance ensure escalate establish estimate evaluate examine exclude expand experiment explain explore export expose extend extract "
    "figure file finalise finalize find finish fix flag follow force formalise formalize gather generate get give grant guarantee handle harden have help hire hold identify implement "
    "improve include incorporate increase inform inspect install instrument integrate introduce invest investigate invite isolate issue join keep label launch learn leverage limit "
    "list load lock log look lower maintain make manage map mark measure merge migrate minimise minimize mirror mitigate model modernise modernize modify monitor move mute notify "
    "onboard open optimise optimize order organise organize overhaul page parallelise parallelize partition patch perform pick pin ping plan port post practice practise prepare prevent "
    "prioritise prioritize profile prohibit promote propose protect provide provision prune publish purge push put raise randomise randomize rate re-enable re-evaluate reach read rearchitect "
    "rebuild recommend reconcile reconfigure record recover recreate redesign redirect reduce refactor refine reflect refresh register reject relax release remind remove rename "
    "reorganise reorganize repair replace replicate report request require research reserve reset resolve respond restart restore restrict restructure retain rethink retire retry return reuse revert "
    "review revise revisit revoke reword rewrite roll rollback rollout rotate route run sanitise sanitize scale scan schedule scope script secure seek segment select send separate serve set setup share "
    "shard shift ship show shut shutdown simplify simulate size snapshot specify speed split stabilise stabilize standardise standardize start stop store streamline strengthen stress submit "
    "subscribe support suppress surface swap switch sync synchronise synchronize take talk tell terminate test throttle tighten time trace track train transfer transition translate treat "
    "triage trigger trim try tune turn understand undertake unify uninstall unify update upgrade upload use validate vet verify version visualise visualize warn watch whitelist allowlist "
    "widen work wrap write".split()
)
_WILL = re.compile(
    r"\b(?:will|shall|'ll|’ll|must|should|need(?:s|ed)? to|ha(?:ve|s) to|plan(?:s|ned|ning)? (?:to|on)|intend(?:s|ing)? to|going to|aim(?:s|ing)? to|want(?:s)? to|"
    r"would (?:like|be (?:useful|good|nice|helpful|better))|commit(?:ted|ting)? to|look(?:ing)? (?:into|to)|(?:is|are|am) (?:\w+ )?(?:\w+ing)|ought to|could|"
    r"recommend(?:s|ed)?|propos(?:e|es|ed)|it'?d be|todo)\b"
    r"|\b(?:muss|müssen|soll|sollen|sollte|sollten|wird|werden|doit|doivent|devrait|allons|faut|debe|deben|debemos|vamos a|hay que|deve|devem|devemos|dobbiamo|moeten|zullen|zal)\b"
    r"|する(?:こと|予定|必要)|べき|していく|需要|应该|将|해야|예정|нужно|необходимо|следует|будем",
    re.IGNORECASE,
)
_WE_WILL = re.compile(
    r"\b(?:we|i|our (?:\w+ ){0,2}team|the (?:[\w.\-]+ ){0,3}team|team)(?:'ll|’ll| (?:also |now |therefore |are |have |be |been )*(?:will|shall|plan|intend|intends|need to|must|"
    r"should|going to|committed|commit|decided to|planning|working|aim|investigating|looking|adding|implementing|building|introducing|improving|evaluating|exploring|updating|creating))\b"
    r"|\bwe(?:'re|’re| are) (?:\w+ing)\b|\bwill be (?:\w+ed|made|built|put|written|set)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:we|i|they|team) (?:have |had |also |then |immediately |quickly |subsequently )*(?:took|made|did|were|was|identified|found|noticed|observed|"
    r"performed|learned|learnt|discovered|saw|had|decided|missed|failed|encountered|experienced)\b",
    re.IGNORECASE,
)
_LEAD_NOUN = re.compile(
    r"\b(?:next steps?|action items?|follow[- ]?ups?|to-?dos?|(?:following|these|several|some|few|number of|corrective|preventive|additional|further) "
    r"(?:\w+ ){0,2}(?:actions?|steps?|improvements?|changes|measures|tasks|issues to|plans?|initiatives))\b",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"\b(?:to (?:prevent|avoid|reduce|ensure|make sure|mitigate|minimi[sz]e|improve|address|lower)|going forward|moving forward|in (?:the )?future|so that this|from happening|"
    r"from now on|in the coming|over the next|committed to)\b",
    re.IGNORECASE,
)
_FIRST = re.compile(r"[^\W\d_][\w'’\-]*")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?:[\"'”’)\]]*)\s+(?=[^\s])|(?<=[。！？])")
_POINTER = re.compile(
    r"^\W*(?:see|refer to|please|these|this|there (?:are|is|were)|none|n/?a|no |not applicable|nothing|tbd|tba|todo|the following|below|above|as (?:mentioned|described)|"
    r"action items? (?:are|is|were|can|will)|all (?:action items|actions|tasks|issues)|every action item|tracked|list |each |example|note)\b",
    re.IGNORECASE,
)


def is_order(text: str) -> bool:
    """Whether the text begins as an order or a plan does: with a verb in its plain or its -ing form."""
    found = _FIRST.search(text)
    if not found or found.start() > 3:
        return False
    word = found.group(0).lower()
    if word in ("better", "more", "new", "to", "also", "please", "further", "potentially", "possibly", "maybe", "properly", "automatically", "actively", "regularly", "further", "consistently"):
        rest = _FIRST.search(text, found.end())
        word = rest.group(0).lower() if rest else word
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


def is_promise(marked: str) -> bool:
    """Whether an item's words are those of an action: an order (also after a bold lead-in), or an obligation."""
    text = marks.plain(marked)
    head, colon, rest = text.partition(":")
    return is_order(text) or (bool(colon) and len(head) < 80 and is_order(rest)) or bool(_WILL.search(text[:600]))


def we_promise(sentence: str) -> bool:
    """Whether the authors bind themselves in this sentence."""
    return bool(_WE_WILL.search(sentence)) and not _PAST.search(sentence)


def announces(lead: str) -> bool:
    """Whether the last sentence before a list announces what will be done ("Going forward, we will:")."""
    last = sentences(lead)[-1:] or [""]
    text = last[0]
    if not text.rstrip().endswith((":", "：")) or _PAST.search(text):
        return False
    return we_promise(text) or (bool(_LEAD_NOUN.search(text)) and bool(_WILL.search(text) or _PURPOSE.search(text)))


def sentences(text: str) -> list[str]:
    """The sentences of a marked or plain text."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def points_elsewhere(text: str) -> bool:
    """Whether the words only point somewhere or introduce, and promise nothing themselves."""
    return bool(_POINTER.match(text)) or text.rstrip().endswith((":", "："))
