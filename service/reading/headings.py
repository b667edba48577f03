"""What a heading announces, by the words that it uses in several languages."""

import enum
import re
from functools import lru_cache

from service.reading import marks, promises


class Stance(enum.Enum):
    """ACTION announces actions; WEAK may; STOP is about something else; ASIDE is about something else unless it
    divides a list of actions (detection, process, recovery); NEUTRAL says nothing either way."""

    ACTION = "action"
    WEAK = "weak"
    STOP = "stop"
    ASIDE = "aside"
    NEUTRAL = "neutral"


_KIND = (
    r"(?:corrective|correction|prevent(?:at)?ive|prevention|remedial|remediation|improvement|future"
    r"|recommended|proposed|planned|preventing|remaining|leftover|left-?over|outstanding|open"
    r"|long(?:er)?[- ]term|short(?:er)?[- ]term|medium[- ]term|mid[- ]term|near[- ]term"
    r"|follow(?:ing)?[- ]?up|post[- ]?incident|post[- ]?mortem|further|additional|pending|upcoming"
    r"|resulting)"
)
_WORK = (
    r"(?:actions?|actionables?|measures?|steps?|work|items?|tasks?|tickets?|plans?|improvements?"
    r"|changes?|enhancements?|fix(?:es)?|remediations?|solutions?|efforts?|mitigations?|initiatives|to-?dos?)"
)

# What was done while the incident ran is no promise, although the heading has the word for it.
_TAKEN = re.compile(
    r"\b(?:actions?|steps?|measures?|changes|improvements?)(?: (?:that )?(?:we|i|they) (?:\w+ )?"
    r"| (?:were |was |have been |already )*)"
    r"(?:taken|took|performed|made|done|implemented|completed|applied)\b"
    r"|\b(?:taken|completed|performed) (?:actions?|steps?|measures?)\b|\bwhat (?:we|i) (?:did|have done)\b"
    r"|\b(?:response|responder|mitigation|mitigating|recovery|containment|user|customer|required user) actions?\b"
    r"|\bactions? (?:timeline|log|during|you|for users|for customers|required (?:by|from|for))\b|\bcall to action\b"
    r"|\bgithub actions?\b|\broot cause\b.*\bcorrective\b.*\btaken\b"
    r"|実施した(?:対応|対策)|対応の評価|ergriffene|mesures prises|actions (?:prises|menées)"
    r"|acciones (?:tomadas|realizadas)",
    re.IGNORECASE,
)
# What readers or customers should do is advice, not a promise of the authors.
_ADVICE = re.compile(
    r"\b(?:customers?|users?|you|readers?|members|validators|operators)(?: \w+)? (?:can|could|should|need|must|make)\b"
    r"|\b(?:can|could|should|must) (?:customers?|users?|you|readers?)\b"
    r"|\b(?:for|to|as) (?:our |a |an )?(?:customers?|users?|you|operators?|validators?)$",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"\baction(?:able)?s? ?(?:items?|points?|plans?|registers?|lists?|steps?|tasks?|tracker)\b"
    rf"|\b{_KIND}(?:(?:,| and| &| or|/)+ ?\w+){{0,2}} {_WORK}\b"
    r"|^(?:\w+ ){0,2}actions?(?: (?:required|needed|to take|to be taken|planned|for \w+|going forward"
    r"|moving forward|and \w+))?$"
    r"|\bactionables?\b|\b(?:issues|tickets|bugs) (?:filed|opened|created|raised)\b|\bthings to do\b"
    r"|\bwhat(?:'s| is| will)? (?:changing|change)\b|\b(?:steps|actions"
    r"|measures) (?:that )?(?:we(?:'re| are|'ll| will)|to be) "
    r"|\bfollow(?:ing)?[- ]?ups?\b|\bnext steps?\b|\b(?:what'?s|what is|what comes) next\b|\bto[- ]?dos?\b"
    r"|\bwhat (?:we|i|will we|are we|we are|we're|can we|should we|we'll|do we)(?: (?:will|are"
    r"|plan to|need to|can|should|intend to))?"
    r"(?: (?:be|going to|planning to))? ?(?:do|doing|change|changing|improve|improving|fix|fixing|planning)\b"
    r"|\bhow (?:we|do we|will we|can we|are we|we will|we are|to|we plan to|we can|should we"
    r"|could we)\b.{0,30}\b(?:prevent|avoid|improv|do(?:ing)? better)\w*"
    r"|\bhow (?:are|will|do|can|should|could|we)\b.{0,40}\b(?:less likely|less impactful|mak(?:e|ing) sure|ensur\w+"
    r"|stop(?:ping)? (?:this|it)|reduc\w+)"
    r"|\b(?:prevent|preventing|avoid|avoiding|prevention of|preventing) (?:this|it|these|that"
    r"|recurrences?|re-?occurrences?|(?:similar|future|further|such) \w+)\b"
    r"|\b(?:path|way|plans?|steps|road|the plan) forward\b|\blooking ahead\b|\broad ?map\b"
    r"|\bwhat (?:happens|comes) (?:next|now)\b|\bwhere (?:do )?we go from here\b"
    r"|\b(?:do(?:es)?n'?t|does not|do not|won'?t|never|not) happen(?:s|ing)? again\b|\bhappen(?:s|ing)? again\b"
    r"|\bhow (?:we|are we|will we|do we)(?:'re|'ll| are| will| plan to)? (?:going to "
    r"|planning to )?(?:fix|address|solv|mitigat|respond|chang)\w*"
    r"|\bwhat(?:'s| is| will be| can be) (?:being )?done\b|\bchanges (?:we|going|to be made|coming|ahead)\b"
    r"|\b(?:tasks|actions|steps|measures|improvements|changes) to"
    r" (?:address|fix|prevent|improve|implement|complete|take|do)\b"
    r""
    r"|^still (?:recommended|open|to (?:do|come)|outstanding|pending|needed|missing|required)\b"
    r"|\b(?:going|moving|looking) for?ward\b|\bremediations$|\bfuture (?:work|plans?|prevention|mitigations?"
    r"|considerations)\b|\bour commitments?\b"
    r"|^(?:tasks|commitments|countermeasures|counter-measures|improvement plan|remediation plan"
    r"|mitigation plan|plan of action|work items|jira tickets|tracking (?:issues|tickets))$"
    # German, Dutch, Nordic
    r"|ma(?:ß|ss)nahmen(?:plan)?\b|\bnächste schritte\b|\bhandlungsbedarf\b|\boffene punkte\b|^aufgaben$"
    r"|\bacti(?:es|epunten)\b|\bvervolg(?:stappen|acties)\b|\bmaatregelen\b|\bvolgende stappen\b"
    r"|\båtgärder\b|\bnästa steg\b|\buppföljning\b|\bhandlinger\b|\bnæste skridt\b|\btiltak?g?\b"
    r"|\boppfølging\b|\bneste steg\b"
    # Romance languages
    r"|\bplan d['’]actions?\b|\bprochaines (?:étapes|actions)\b|\bactions? (?:correctives?"
    r"|préventives?|à (?:mener|faire|venir))\b|\bmesures (?:correctives|préventives)\b"
    r"|\bacciones\b|\bpróximos pasos\b|\bplan de acción\b|\bmedidas\b|^tareas\b|\bseguimiento\b"
    r"|\bações\b|\bpróximos passos\b|\bplano de ação\b|\bitens de ação\b|^tarefas\b"
    r"|\bazioni\b|\bprossimi passi\b|\bpiano d['’]azione\b|\bmisure (?:correttive|preventive)\b"
    # Slavic languages
    r"|\bплан действий\b|\bдальнейшие (?:шаги|действия)\b|\bзадачи\b|\bмеры\b|\bследующие шаги\b|\bкорректирующ\w+"
    r"|\bdziałania\b|\bkolejne kroki\b|^zadania\b|\bnásledné kroky\b|\bnápravná opatření\b"
    # Japanese, Chinese, Korean
    r"|アクション(?:アイテム|プラン|項目)?|再発防止|今後の(?:対応|対策|予定|課題|取り組み)|対応策"
    r"|改善(?:策|項目|計画)|是正(?:措置|処置)|恒久対(?:策|応)|フォローアップ|次のステップ"
    r"|行动(?:项|计划)|行動(?:項目|計畫)|后续|後續|改进|改進|整改|待办|待辦|遗留(?:问题|事项)|残留事项|残課題|下一步|预防措施|改善措施"
    r"|액션 ?아이템|후속|재발 ?방지|조치 ?사항|향후 ?(?:계획|조치|대응)|개선 ?(?:사항|계획|방안)|다음 단계",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\bprevention\b|\bpreventions\b|\bpreventative\b|\bpreventive\b|\bremediations?\b"
    r"|\bimprovements?\b|\brecommend(?:ations?|ed)\b"
    r"|\bproposals?\b|\bproposed\b|\b(?:short|long|longer|medium|mid|near)[- ]term\b|\bplans?\b|\btakeaways? and\b"
    r"|\bcommitments?\b|\bsuggestions?\b|\bideas\b|\bsolutions?\b|\bcountermeasures?\b|\bhardening\b"
    r"|\bpermanent fix\b"
    r"|\bfuture\b|\bmitigation strateg|予防|预防|prävention|verbesserung|améliorations?|mejoras"
    r"|recomendaciones|melhorias|miglioramenti|verbeter",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"\btime ?line\b|\bchronology\b|\bimpact\b|\broot[- ]?causes?\b|\bcauses?\b|\bcontributing\b"
    r"|\bsummary\b|\bbackground\b|\boverview\b"
    r"|\blessons?\b|\blearn(?:ings?|ed|t)\b|\bwhat (?:went|worked|happened|didn'?t|did not|goes)\b"
    r"|\b(?:could|should|can|might) (?:we |i |it )?(?:have|be)\b|\bdone (?:better|differently)\b"
    r"|\b(?:get|got|were|was) lucky\b"
    r"|\bthings that\b|\bwent (?:well|wrong|poorly|badly)\b|\banalysis\b|\breferences?\b"
    r"|\bcontacts?\b|\battendees\b|\bparticipants\b|\bstat(?:s|istics)\b"
    r"|\bmeta-?data\b|\bappendi(?:x|ces)\b|\bglossary\b|\bthanks\b|\backnowledge?ments?\b"
    r"|\btriggers?\b|\bsupporting\b|\bcontext\b|\btl;?dr\b"
    r"|\bfive whys\b|\b5 whys\b|\bwhys?\b|\binsights?\b|\btakeaways?\b|\bevents\b|\blogs?\b|\bfaq\b"
    r"|\bquestions?\b|^(?:\w+ )?data\b|\btechnical details\b"
    r"|\bauthors?\b|\bchange ?log\b|\brevisions?\b|\bexecutive\b|\bdisclosure\b|\bcredits?\b"
    r"|\bhow (?:it|this) happened\b|\bblame\b|\bresources?\b|\b(?:roll-?back|back-?out|communications?) plan$"
    r"|タイムライン|時系列|影響|根本原因|原因|教訓|概要|サマリ|要約|メタデータ|良かった|うまくいった"
    r"|参考|时间线|影响|根本?原因|教训|摘要|总结|背景"
    r"|\bzeitachse\b|\bauswirkung|\bursache|\bzusammenfassung\b|\bchronologie\b|\bcauses? racines?\b"
    r"|\brésumé\b|\bcronología\b|\bimpacto\b|\bcausa\b|\bresumen\b|\bresumo\b|\bcronologia\b"
    r"|\btijdlijn\b|\boorzaak\b|\bsamenvatting\b|\bхронология\b|\bпричин\w+|\bвлияние\b|영향|원인|타임라인|요약|교훈",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\bdetect(?:ion|ed|ing)?\b|\bmitigat(?:ion|ions|ed|ing)\b|\brecover(?:y|ed|ing)\b"
    r"|\bresol(?:ution|ved|ving)\b|\brespon(?:se|ding|d)\b"
    r"|\bcontainment\b|\bescalation\b|\bdiagnosis\b|\binvestigation\b|\bstatus\b|\bfix(?:es)?\b"
    r"|\bworkarounds?\b|\bimplement(?:ed|ation)\b|\bcode changes\b"
    r"|検知|検出|復旧|解決|緩和|対応|检测|恢复|解决|處理|处理|erkennung|behebung|wiederherstellung"
    r"|détection|résolution"
    r"|detección|resolución|detecção|resolução|감지|복구|해결",
    re.IGNORECASE,
)
# Words that only sort a list of actions: a heading made of them is never an action itself.
_SORTING = re.compile(
    r"^(?:[&/\-–,] ?|(?:the|for|and|or|of|in|to|a|\d+|weeks?|days?|months?|quarters?|q[1-4]|years?"
    r"|within|next|immediate(?:ly)?|short|medium|mid|long|longer|near|term|"
    r"now|soon|later|today|specific|concrete|broad|high|low|critical|urgent|normal|priority|p\d|process(?:es)?|technical"
    r"|technology|people|communications?|comms|"
    r"documentation|docs|monitoring|alerting|observability|detect(?:ion|ive)?|prevent(?:ion|ive"
    r"|ative)?|mitigat(?:ion|ive|e)|repair|investigat(?:ion|ive|e)|recovery|response|other|others"
    r"|misc|miscellaneous|"
    r"testing|tests?|tooling|tools|training|infrastructure|infra|security|code|general|engineering"
    r"|operations?|operational|organi[sz]ational|product|"
    r"backend|frontend|database|improvements?|actions?|items?|tasks?|fix(?:es)?|work|measures?|steps?"
    r"|follow|ups?|completed?|done|open|todo|"
    r"in progress|pending|planned|ongoing|remaining|proposed|additional|internal|external|quick wins?"
    r"|wins|policy|policies|deployment|release)\b ?[:.]?)+$",
    re.IGNORECASE,
)
_NUMBERING = re.compile(
    r"^(?:(?:action(?: item)?|item|task|ai|follow-?up|improvement|recommendation"
    r"|measure) ?#?\d{1,3} ?[.):\-–—]+ ?|(?:step|part|section)? ?(?:\d{1,2}|[ivx]{1,4}"
    r"|[a-z])[.):\-–—] ?|\d{1,2}(?:\.\d{1,2})+\.? ?|\d{1,2} +(?=[^\W\d_]{4}))",
    re.IGNORECASE,
)
_STATE_AHEAD = re.compile(r"^(?:TO-?DO|DONE|WIP)[:\s]\s*(?!(?:list|items?)\b)(?=\w+ \w)")
# Words right in front of the one for actions say of what kind they are ("Root cause remediations").
_QUALIFIED = re.compile(r"(?:(?!and\b|y\b|et\b|und\b)[\w\-]+ )+\0", re.IGNORECASE)
_EDGES = re.compile(r"^[\W_]+|[^\w)）\]]+$|_+$")
_BRACKET = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]\s*$")


@lru_cache(maxsize=2048)
def words(marked: str) -> str:
    """The heading without numbering, pictures and closing punctuation."""
    text = _EDGES.sub("", marks.plain(marked))
    return _EDGES.sub("", _NUMBERING.sub("", text))


def without_bracket(text: str) -> str:
    """The text without a bracket at its end."""
    return _BRACKET.sub("", text) or text


@lru_cache(maxsize=2048)
def stance(marked: str) -> Stance:
    """What the heading announces; one that announces actions beside other things is WEAK: its words decide."""
    text = words(marked)
    if len(text) > 120:
        return Stance.NEUTRAL
    core = without_bracket(text)
    if _TAKEN.search(core) or _ADVICE.search(core) or _ADVICE.search(text.rstrip(")）")):
        return Stance.STOP
    if _ACTION.search(core):
        rest = _ACTION.sub("\0", core)
        return Stance.WEAK if _STOP.search(rest) and not _QUALIFIED.fullmatch(rest) else Stance.ACTION
    if _STOP.search(core):
        return Stance.STOP
    if _WEAK.search(core):
        return Stance.WEAK
    return Stance.ASIDE if _ASIDE.search(core) else Stance.NEUTRAL


def is_taken(marked: str) -> bool:
    """Whether the heading is about what was done while the incident ran."""
    return bool(_TAKEN.search(words(marked)))


def is_line_title(line: str) -> bool:
    """Whether a line of a paragraph is a title that the authors end with a colon ("Corrective measures:")."""
    text = marks.plain(line)
    return text.endswith(":") and len(text) <= 60 and text[:1].isupper() and stance(line) is not Stance.NEUTRAL


def is_first_line_title(line: str) -> bool:
    """Whether the first line of a paragraph is nothing but a title of the actions in the lines below it."""
    text = marks.plain(line)
    title = len(text.split()) <= 5 and text[:1].isupper() and text[-1:].isalpha()
    return title and stance(line) is Stance.ACTION and not promises.is_order(text)


def is_plain_title(marked: str) -> bool:
    """Whether a line without any markup is the title of a list of actions ("Action Items", "Next steps")."""
    text = words(marked)
    return len(text.split()) <= 3 and text[:1].isupper() and stance(marked) is Stance.ACTION


def sorts(marked: str) -> bool:
    """Whether the heading only sorts what stands under it (by term, kind, area or urgency)."""
    text = _STATE_AHEAD.sub("", words(marked))
    core = without_bracket(text)
    if not core or _SORTING.match(core[:80]):
        return True
    if promises.is_order(core) and len(core.split()) > 2:
        return False
    own = stance(core)
    return own in (Stance.ACTION, Stance.STOP) or (own is not Stance.NEUTRAL and len(core.split()) <= 3)
