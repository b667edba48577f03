"""Priorities, kinds and severities by table: the author's word in, our scale out."""

import re

_PRIORITIES = {
    "p0": "critical|urgent|highest|blocker|immediate|asap|kritisch|dringend|critique|urgente|crítica"
    "|crítico|緊急|最優先|最高|紧急|긴급",
    "p1": "high|major|important|must|hoch|haute|élevée?|alta|alto|hoog|высокий|高|높음",
    "p2": "medium|moderate|normal|med|should|mittel|moyenne|media|média|medio|gemiddeld|средний|中|보통|중간",
    "p3": "low|minor|could|niedrig|basse|faible|baja|baixa|bassa|laag|низкий|低|낮음",
    "p4": "lowest|trivial|nice to have|very low|最低",
}
_BY_WORD = {word: level for level, words in _PRIORITIES.items() for word in words.split("|")}
_LEVEL = re.compile(r"(?:p|prio(?:rity)?)[ \-]?([0-4])(?![\w.])", re.IGNORECASE)
_NOISE = re.compile(r"\b(?:priority|prio|priorität|priorité|prioridad|prioridade|優先度)\b|[^\w\s]", re.IGNORECASE)

_KINDS = {
    "detect": r"detect|monitor|alert|observab|erkenn|überwach|détect|detec|rilev|検知|検出|監視|检测|监控|감지",
    "prevent": r"prevent|prävent|vermeid|prévent|予防|再発防止|预防|防止|예방|재발|предотвр|avoid",
    "mitigate": r"mitigat|contain|limit|緩和|軽減|缓解|abmilder|atténu|완화|repair|recover",
    "process": r"process|prozess|procédur|プロセス|流程|手順|document|training|procedure|runbook|communicat",
}
_KINDS_RE = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS.items())
_OTHER = re.compile(
    r"\s*(?:other|misc\w*|improve\w*|general|sonstige\w*|autres?|otros?|outros?|その他|其他|기타)\s*", re.IGNORECASE
)
_KIND_WORD = re.compile(
    r"detect(?:ion|ive)?|prevent(?:ion|ive|ative)?|mitigat(?:e|ion|ive)|repair|investigat(?:e|ion|ive)"
    r"|process|corrective|other",
    re.IGNORECASE,
)
_SEVERITY = re.compile(r"(sev(?:erity)?|s|p)[ \-:]*([0-5])(?![\w.])", re.IGNORECASE)


def priority(text: str) -> str | None:
    """p0 to p4 where the word has a place on the scale, else the word itself in lower case; None for an empty one."""
    found = _LEVEL.search(text)
    if found:
        return f"p{found.group(1)}"
    core = " ".join(_NOISE.sub(" ", text).casefold().split())
    if not core or not re.search(r"\w", core) or core in ("tbd", "n a", "none", "na"):
        return None
    return _BY_WORD.get(core) or _BY_WORD.get(core.split()[0]) or (core if len(core) <= 30 else None)


def is_priority(text: str) -> bool:
    """Whether the whole text is a priority, without a label that says so ("P1", "high priority")."""
    core = text.strip(" ()[]*.:")
    return bool(_LEVEL.fullmatch(core)) or bool(
        re.fullmatch(
            r"(?:critical|urgent|highest|high|medium|low|lowest)[ -](?:priority|prio)|priority[: ]+\w+",
            core,
            re.IGNORECASE,
        )
    )


def names_level(text: str) -> bool:
    """Whether the text is a level's word alone ("high"), which is a priority only where one is expected."""
    return text.strip(" *").casefold() in _BY_WORD


def kind(text: str | None) -> str | None:
    """prevent, detect, mitigate, process or other, by the first kind that the words name; None where they name none."""
    if not text:
        return None
    found = [(match.start(), name) for name, pattern in _KINDS_RE if (match := pattern.search(text))]
    if found:
        return min(found)[1]
    return "other" if _OTHER.fullmatch(text) else None


def names_kind(text: str) -> bool:
    """Whether the text is a kind's word alone ("detect", "Prevention"), as authors put it into brackets."""
    return bool(_KIND_WORD.fullmatch(text.strip(" *_`")))


def severity(text: str) -> str | None:
    """A severity as its scale writes it ("sev1", "p2"), else its leading words in lower case; None for an empty one."""
    found = _SEVERITY.search(text)
    if found:
        scale = "p" if found.group(1).lower() == "p" else "sev"
        return f"{scale}{found.group(2)}"
    core = re.split(r"[,;:(（|.\n]| [-–—] ", text.strip(" *_`"), maxsplit=1)[0].strip().casefold()
    return core if core and core[0].isalnum() and len(core) <= 40 else None
