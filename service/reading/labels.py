"""Labels that name a field of an action item or of the postmortem, in several languages."""

import re

_FIELDS = {
    "owner": "owner|dueño|owners|owned by|assignee|assignees|assigned to|assigned|responsible|responsibility"
    "|responsible person|responsible team|dri|who|lead|poc|point of contact|"
    "action owner|team|person|by whom|accountable|contact|champion|driver|担当|担当者|責任者|オーナー"
    "|负责人|責任人|负责"
    "|담당자|담당|verantwortlich|verantwortliche|zuständig|wer|responsable|responsables|"
    "propriétaire|qui|encargado|asignado a|responsável|responsabile|eigenaar|verantwoordelijke"
    "|ответственный|исполнитель|ansvarlig|ansvarig|odpowiedzialny"
    "|osoba odpowiedzialna|właściciel|kto|porteur|pilote|en charge|responsable de l'action"
    "|a cargo|dueña|responsable del?|dono|dona|responsáveis|incaricato"
    "|referente|responsabili|verantwoordelijk|door|wie"
    "|bearbeiter|bearbeiterin|zuständigkeit|verantwortung|владелец|кто|担当チーム|主担当|対応者|責任人|责任人|跟进人|执行人"
    "|处理人|責任者名|책임자|이름|担当部署|team/owner|owner/team|owner(s)|dri(s)|driver|responsável pela ação",
    "due": "due|due date|due by|due on|deadline|eta|target|target date|target completion"
    "|target completion date|by when|when|completion date|expected|expected by|expected completion"
    "|date due|"
    "planned date|timeline|time frame|timeframe|estimated completion|期限|期日|納期|完了予定|予定日"
    "|截止日期|完成时间|期限日"
    "|截止|기한|마감일|fällig|fällig am|fälligkeit|frist|termin|bis wann|bis|échéance|"
    "date limite|délai|fecha límite|plazo|fecha|vencimiento|prazo|data limite|scadenza|срок|дедлайн"
    "|wanneer|streefdatum|frist dato",
    "state": "status|state|done|done?|completed|complete|progress|completion|完了|状態|状況|ステータス|进度"
    "|进展|狀態|状态|상태"
    "|estado|statut|état|stato|статус|stand|avancement|état d'avancement"
    "|situação|andamento|avanzamento|voortgang|stan"
    "|bearbeitungsstand|進捗|進捗状況|対応状況|完成情况|完成状态|处理状态|진행 상황|진행상태"
    "|resolution|outcome|result|done/open|open/closed",
    "priority": "priority|prio|urgency|優先度|優先順位|优先级|優先級|우선순위|priorität|priorité|prioridad"
    "|prioridade|priorità"
    "|prioriteit|приоритет",
    "kind": "type|kind|category|action type|class|種別|分類|カテゴリ|类型|類型|유형|typ|art|kategorie|catégorie|tipo"
    "|categoría|тип|soort",
    "ticket": "ticket|tickets|issue|issues|bug|bugs|bug #|bug id|jira|jira ticket|link|links|tracking"
    "|tracking issue|tracking bug|tracker|reference|references|ref|pr|prs|pull request|"
    "github issue|gitlab issue|issue link|ticket link|bug/pr|issue/pr|issue/bug|ticket/issue"
    "|work item|linear|linear issue|related issue|related ticket|related pr|チケット|课题|工单|이슈|fehler"
    "|billet|incidencia|задача",
    "action": "action item|action items|action|actions|task|tasks|todo|to-do|to do|item|items|follow-up"
    "|follow up|followup|follow-up action|follow-up item|improvement|improvements|measure|measures|"
    "what|activity|work|deliverable|recommendation|recommendations|corrective action"
    "|preventive action|remediation|remediation item|mitigation|step|next step|fix|countermeasure|"
    "アクション|アクションアイテム|対応|対応内容|対策|対策内容|内容|タスク|项目|行动|行动项|措施"
    "|改进措施|改进项|事项|任务|조치|조치 사항|액션|액션 아이템|할 일|작업|"
    "maßnahme|massnahme|aufgabe|aktion|tâche|mesure|acción|tarea|medida|ação|tarefa|azione|attività"
    "|actie|actiepunt|maatregel|taak|действие|мера|działanie|zadanie|åtgärd|tiltak",
    "text": "description|title|name|summary|details|detail|説明|タイトル|描述|标题|제목|설명|beschreibung|titel|titre"
    "|descripción|título|descrição|titolo|descrizione|beschrijving|omschrijving|описание|название",
    "note": "notes|note|comment|comments|remarks|備考|メモ|备注|비고|bemerkung|kommentar|commentaire|comentario"
    "|comentarios|комментарий|why|rationale|reason|effort|estimate|size|success metric"
    "|success criteria|verification|validation|impact",
    "number": "#|no|no.|nr|nr.|id|num|number|番号|编号|序号|번호|№|n°|nº|ai|ref #",
    "time": "time|date|timestamp|time (utc)|date/time|date-time|at|時刻|日時|时间|時間|시간|zeit|uhrzeit|datum|heure"
    "|hora|ora|tijd|время",
}
_FIELD_OF = {word: name for name, words in _FIELDS.items() for word in words.split("|")}
_NOISE = re.compile(r"[*_`:：]|\s*[(（\[][^()（）\[\]]*[)）\]]")
_VALUE_FIELDS = ("owner", "due", "state", "priority", "kind", "ticket")
_LINE = re.compile(r"[\s\-*•>]*([^:：\n]{1,40}?)\s*[:：]\s*(.*)", re.DOTALL)


def field_of(label: str) -> str | None:
    """The field that a column or label names, a key of the table above; None for any other word."""
    text = " ".join(label.split()).casefold()
    found = _FIELD_OF.get(text) or _FIELD_OF.get(" ".join(_NOISE.sub(" ", text).split()))
    if found:
        return found
    core = _NOISE.sub(" ", text)
    for word in re.split(r"[\s/|&,]+", core):
        if word in (
            "owner",
            "assignee",
            "priority",
            "status",
            "deadline",
            "eta",
            "due",
            "ticket",
            "担当",
            "期限",
            "状態",
        ):
            return _FIELD_OF[word]
    if re.match(
        r"(?:corrective |preventi?ve |follow[- ]?up |proposed |recommended )?(?:action|task|improvement"
        r"|measure|recommendation)s?\b",
        core.strip(),
    ):
        return "action"
    return None


def value_line(text: str) -> tuple[str, str] | None:
    """(field, value) of a line that states one field of an item ("Owner: x", "Due: May 3"); None for any other line."""
    found = _LINE.fullmatch(text)
    name = field_of(found.group(1)) if found else None
    return (name, found.group(2).strip()) if found and name in _VALUE_FIELDS else None


def describes(text: str) -> bool:
    """Whether a line explains an item under a label of its own ("Description: ...", "Why: ...")."""
    found = _LINE.fullmatch(text)
    return found is not None and field_of(found.group(1)) in ("text", "note")


# Inside running text only words that are hardly ever anything but a label may cut an item.
INLINE = {
    "owner": r"owners?|assignees?|assigned to|responsible|dri|担当者?|负责人|담당자?|verantwortlich|responsable",
    "due": r"due(?: date| by| on)?|deadline|eta|target(?: date)?|期限|截止日期|기한|fällig|frist",
    "state": r"status|state|状態|状态|상태",
    "priority": r"priority|prio|優先度|优先级|우선순위",
    "ticket": r"tickets?|issues?|jira|bugs?|pr|tracking(?: issue)?|links?|tracked (?:in|by|at)|see"
    r"|ref(?:erence)?|via",
}
