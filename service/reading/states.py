"""Words and signs by which authors mark an action as done or not done, in several languages."""

import re

_OPEN = (
    r"to-?do|not (?:yet )?(?:started|done|begun|completed|implemented|fixed)|in[- ]?progress"
    r"|in[- ]?review|in[- ]?flight|wip|ongoing|on-going|pending|open|opened|planned|"
    r"scheduled|backlog(?:ged)?|blocked|started|underway|under way|incomplete|unstarted|queued"
    r"|deferred|postponed|new|tbd|assigned|investigating|"
    r"triaged?|on hold|proposed|doing|accepted|partial(?:ly)?(?: done| complete[d]?)?|no|not done|"
    r"offen|in (?:arbeit|planung|bearbeitung|umsetzung|prüfung)|geplant|ausstehend|begonnen|zu erledigen"
    r"|noch offen|läuft"
    r"|à faire|en cours|planifiée?|pendiente|en curso"
    r"|en progreso|abierto|pendente|em andamento|em progresso|aberto|"
    r"da fare|in corso|aperto|te doen|bezig|gepland|openstaand|не начато|в работе|в процессе"
    r"|запланировано|открыто|do zrobienia|w toku|pågående|planerad|ikke startet|"
    r"未着手|進行中|対応中|作業中|未完了|未対応|予定|計画中|進行予定|进行中|待办|未完成|未开始|计划中"
    r"|待处理|待定|進行中|대기|진행 ?중|미완료|예정|시작 전"
)
_DONE = (
    r"done|completed?|finished|fixed|resolved|closed|shipped|merged|deployed|implemented|released"
    r"|landed|delivered|verified|yes|live|"
    r"erledigt|fertig|abgeschlossen|umgesetzt|behoben|terminée?|faite?|fini|achevée?|résolue?|hecho"
    r"|completad[oa]|terminad[oa]|resuelt[oa]|cerrado|"
    r"feito|concluíd[oa]|finalizad[oa]|fatto|completat[oa]|risolto|gereed|klaar|afgerond|voltooid"
    r"|opgelost|готово|выполнено|сделано|завершено|решено|"
    r"zrobione|gotowe|ukończone|klar|färdig|ferdig|færdig|hotovo|"
    r"完了|済み?|対応済み?|実施済み?|解決済み?|完成|已完成|已修复|已解决|已上线|已處理|완료|해결됨|조치 ?완료"
)
_DONE_SIGNS = "✅✔☑🟢🎉💚"
_OPEN_SIGNS = "⏳🚧🔄🟡🟠🔴⬜☐❌✖🔲📋🕐⌛🏗🔜◻▢"
_SHORTCODES = {
    ":white_check_mark:": "✅",
    ":heavy_check_mark:": "✅",
    ":ballot_box_with_check:": "✅",
    ":x:": "❌",
    ":construction:": "🚧",
    ":hourglass:": "⏳",
    ":hourglass_flowing_sand:": "⏳",
    ":white_large_square:": "⬜",
    ":red_circle:": "🔴",
    ":large_yellow_circle:": "🟡",
}
_SHORTCODE = re.compile("|".join(_SHORTCODES))
_VARIANT = re.compile("[\ufe0f\u200d]")

# Adverbs and percentages that come with a state without changing it.
_SOFT = r"(?:already |now |fully |mostly |all |is |was |has been |been |just )*"
_WHOLE_OPEN = re.compile(rf"{_SOFT}(?:{_OPEN})", re.IGNORECASE)
_WHOLE_DONE = re.compile(rf"{_SOFT}(?:{_DONE})", re.IGNORECASE)
_FIRST = re.compile(rf"{_SOFT}(?:(?P<open>{_OPEN})|(?P<done>{_DONE}))(?![\w-])", re.IGNORECASE)
# In brackets after the text, "added an alert" or "fixed by a patch" tells that it happened.
_TOLD = re.compile(
    r"(?:already |now |this (?:was|is|has been) |we(?:'ve| have)? |since )*(?:done|completed|fixed"
    r"|added|resolved|implemented|deployed|merged|shipped|released|"
    r"landed|removed|updated|created a|enabled|disabled|changed|rolled out|closed|already)\b",
    re.IGNORECASE,
)
_UNDERWAY = re.compile(
    r"(?:in[- ]progress|wip|ongoing|pending|not (?:yet )?(?:started|done)|to-?do(?! list)|underway|partially done)\b",
    re.IGNORECASE,
)
_EDGES = re.compile(r"^[\s*_`\[(（【:.\-–—|]+|[\s*_`\])）】:.!,;|]+$")
_CAPITALS = re.compile(
    r"(?:TO-?DO|DONE|WIP|COMPLETED?|IN[- ]PROGRESS|PENDING|OPEN|FIXED|CLOSED|NOT STARTED|ONGOING|RESOLVED|BLOCKED)"
)


def of_word(text: str) -> bool | None:
    """True for done, False for not done, None where the whole text is no state."""
    core = _VARIANT.sub("", text).strip()
    sign, core = of_signs(core)
    core = _EDGES.sub("", core)
    if not core:
        return sign
    if _WHOLE_OPEN.fullmatch(core):
        return False
    return True if _WHOLE_DONE.fullmatch(core) else None


def of_cell(text: str) -> bool | None:
    """The state that a status cell opens with ("Done on 3 May", "In progress: waiting for review")."""
    whole = of_word(text)
    if whole is not None:
        return whole
    sign, rest = of_signs(_VARIANT.sub("", text))
    found = _FIRST.match(_EDGES.sub("", rest))
    if found:
        return found["open"] is None
    return sign


def of_remark(text: str) -> bool | None:
    """The state that a remark in brackets tells of, by its first word."""
    whole = of_word(text)
    if whole is not None:
        return whole
    core = _EDGES.sub("", text)
    if _UNDERWAY.match(core):
        return False
    return True if _TOLD.match(core) else None


def of_signs(text: str) -> tuple[bool | None, str]:
    """(state, the text without them) by a tick or clock at the beginning or the end of the text."""
    core = _SHORTCODE.sub(lambda m: _SHORTCODES[m.group(0)], _VARIANT.sub("", text)).strip()
    state: bool | None = None
    while core and (core[0] in _DONE_SIGNS or core[0] in _OPEN_SIGNS):
        state = core[0] in _DONE_SIGNS if state is None else state
        core = core[1:].lstrip()
    while core and (core[-1] in _DONE_SIGNS or core[-1] in _OPEN_SIGNS):
        state = core[-1] in _DONE_SIGNS if state is None else state
        core = core[:-1].rstrip()
    return state, core


def in_capitals(text: str) -> bool:
    """Whether the text is a state word in capitals, which needs no separator to be a mark."""
    return bool(_CAPITALS.fullmatch(text))
