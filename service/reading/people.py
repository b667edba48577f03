"""Who is a person or a team, judged by how the document itself uses the word."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from service.reading import marks

_GIVEN = frozenset(
    "aaron abdul abigail adam adrian agnes ahmed aisha akira alan albert alejandro alex alexander alexandra alexei alexis alfred ali alice alina alison "
    "amanda amir amit amy ana anders andre andrea andreas andrei andres andrew andy angela anika anil anita anja anna anne annika anthony antoine anton antonio "
    "aria arjun arthur asha ashley astrid audrey barbara beatriz ben benjamin bernard beth bill bjorn bob boris brad brandon brian bruce bruno caleb camille "
    "carl carla carlos carmen carol caroline catherine cecilia charles charlie charlotte chen chiara chloe chris christian christina christine christopher claire "
    "clara claudia clemens colin connor craig cristina cynthia dan daniel daniela daniele dara dave david dean deborah denis dennis derek diana diego dieter dmitri "
    "dominic don donna doris dorothy doug douglas ed eduardo edward eileen elena eli elias elif elisa elisabeth elizabeth ella ellen elsa emil emily emma eric erik "
    "erika erin ernesto esther ethan eva evan evelyn fabian fatima felipe felix fernando fiona florian francesca francesco francis francisco frank franz fred "
    "frederic freya gabriel gary gavin george georg gerald gerd gianni gina giovanni giulia gloria gordon graham greg gregory guido gustavo hanna hannah hannes hans "
    "harald haruto harry hasan heather heidi helen helena henrik henry hiroshi holger hugo ian ibrahim ida igor ingrid irene iris isabel isabella ivan jack jacob "
    "jake jakob james jamie jan jana jane janet jason javier jean jeff jeffrey jennifer jenny jens jeremy jerome jesper jesse jessica jill jim joan joao joe joel "
    "johan johanna johannes john johnny jon jonas jonathan jordan jorge jose josef joseph josh joshua juan judith julia julian julie jun jurgen justin kai karen karin "
    "karl karla kate katharina katherine kathy katie kay keith kelly ken kenji kenneth kevin kim klaus kumar kurt kyle lara larry lars laura lauren laurent lea lee "
    "lena leo leon leonardo leslie lewis li liam lin linda lisa liu logan lorenzo louis louise luca lucas lucia lucy luis luisa lukas luke maggie magnus manuel marc "
    "marcel marco marcos marcus margaret maria marie marina mario marion mark markus marta martha martin martina mary mateo mathias matt matteo matthew matthias maurice "
    "max maya megan mehmet mei melanie melissa mia michael michel michele michelle miguel mika mike mikhail mila milan miriam mohamed mohammed molly monica monika "
    "morgan moritz muhammad nadia nadine naomi natalia natalie natasha nathan neil nicholas nick nicolas nicole niels nigel nikhil niklas nils nina noah nora norbert "
    "olaf oleg olga oliver olivia olivier omar oscar oskar otto pablo pam paola paolo pascal patricia patrick paul paula paulo pavel pedro peter petra phil philip "
    "philipp pierre piotr priya rachel raj rajesh ralf ralph ramon raphael raul ravi ray rebecca renate rene ricardo richard rick rita rob robert roberto robin rodrigo "
    "roger roland roman ron ronald rosa ross roy ruben rudolf russell ruth ryan sabine sally salma sam samantha samir samuel sandra sandro sanjay sara sarah sasha "
    "scott sean sebastian sergei sergio shane sharon sheila simon simone sofia sonia sonja sophie stefan stefanie stella stephan stephanie stephen steve steven stuart "
    "sue sunil susan susanne suzanne sven sylvia takashi tamara tanja tara taylor ted teresa terry theo theresa thomas thorsten tim timo timothy tina tobias todd tom tomas "
    "toni tony tracy travis trevor tyler ulrich ulrike ursula uwe valentina valerie vanessa vera veronica victor victoria viktor vincent vivek vladimir walter wang "
    "wei wendy werner wilhelm will william wolfgang xavier yan yasmin yuki yuri yusuf yves zachary zara zhang zoe".split()
)
_ACRONYMS = frozenset(
    "API APIS CI CD DB UI UX QA DNS SLO SLI SLA SDK VM VMS AWS GCP DR HA PR PRS OS IT HR PM TLS SSL CDN VPN CLI IAM KPI POC SSH NFS S3 EC2 RDS EKS GKE CPU RAM SQL "
    "RPC URL WAF MFA SSO TTL ETA TBD NA OK US EU UK UTC CET PST EST AM PM ID JS TS PHP CSS RFC ADR FAQ MVP LB NLB ALB P0 P1 P2 P3 P4 WIP".split()
)
_PART = re.compile(r"\s*(?:[,/&+;、，]|\band\b|\bund\b|\bet\b|\by\b|\bor\b)\s*")
_MENTION = re.compile(r"@[\w][\w.\-]*(?:/[\w.\-]+)?|[\w][\w.\-]*@(?![\w])|[\w.+\-]+@[\w\-]+\.[\w.\-]+")
_TEAM = re.compile(r"(?:[\w&.\-]+ ){1,4}(?:team|squad|crew|guild|tribe|group|wg|chapter)|team [\w\-]+", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_][\w'’.\-]*")
_INITIALS = re.compile(r"[A-Z]{2,3}")
_NOBODY = re.compile(
    r"[\s?？.\-–—_*/]*|\(?(?:tbd|tba|tbc|n/?a|none|nobody|no one|unassigned|unknown|unclear|todo|not assigned|owner|name|assignee|pending|open|done|"
    r"未定|なし|未割当|待定|无|無|offen|keiner|aucun|ninguno|nessuno|mia|x+)\)?|[<{\[].*[>}\]]",
    re.IGNORECASE,
)
_LOWER = re.compile(r"(?<![\w@.\-/])[a-z][a-z\-]+(?![\w@/])")


@dataclass(frozen=True, slots=True)
class People:
    """`known`: names that the document itself gives to people; `common`: words that it also writes in lower case."""

    known: frozenset[str] = field(default_factory=frozenset)
    common: frozenset[str] = field(default_factory=frozenset)

    def is_person(self, text: str) -> bool:
        """Whether the text is nothing but people or teams ("@ann", "Ann Lee/Bob", "AB", "storage team")."""
        parts = [part.strip() for part in _PART.split(text.strip()) if part.strip()]
        return bool(parts) and len(parts) <= 6 and all(self._is_one(part) for part in parts)

    def _is_one(self, part: str) -> bool:
        if _MENTION.fullmatch(part) or _TEAM.fullmatch(part) or part.casefold() in self.known:
            return True
        if part.casefold() in ("team", "everyone", "all", "whole team"):
            return True
        names = part.split()
        if len(names) > 3 or not all(_WORDS.fullmatch(n) and n[0].isupper() for n in names):
            return False
        if len(names) == 1 and _INITIALS.fullmatch(part):
            return part not in _ACRONYMS
        first = names[0].casefold()
        return first in self.known or (first in _GIVEN and first not in self.common)


def of_document(texts: Iterable[str], named: Iterable[str]) -> People:
    """What the document tells about names: `texts` are all its texts, `named` the values of its people fields."""
    known: set[str] = set()
    common: set[str] = set()
    for text in texts:
        known.update(m.group(0).strip("@").casefold() for m in _MENTION.finditer(text) if m.group(0).count("@") == 1)
        common.update(_LOWER.findall(text))
    for text in named:
        for part in _PART.split(marks.plain(text)):
            name = owner(part)
            if name and len(name) <= 40 and len(name.split()) <= 3:
                known.add(name.casefold())
    return People(frozenset(known), frozenset(common))


def owner(text: str) -> str | None:
    """The owner as written, without "@"; None where the words are a placeholder."""
    name = re.sub(r"\s*<[^<>]*>", "", marks.plain(text)).strip(" *_`.,;:|[]")
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    name = re.sub(r"(?<![\w.])@|(?<=\w)@(?![\w])", "", name).strip()
    if not name or len(name) > 80 or _NOBODY.fullmatch(name) or not re.search(r"\w", name):
        return None
    return name


def mentions(text: str) -> list[str]:
    """The people that the text addresses with "@"."""
    return [m.group(0) for m in _MENTION.finditer(text)]
