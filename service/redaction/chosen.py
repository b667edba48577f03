"""What an operator has redacted besides credentials: mail and IP addresses, names, and patterns of their own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from itertools import pairwise

from config.model import RedactionConfig
from service.redaction.redactor import Finder, Redactor

_MAIL = re.compile(r"(?<![\w.%+'-])[\w.%+'-]++@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,63}(?![\w-])")
_IPV4 = re.compile(r"(?<![\w.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.[0-9])")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9]*(?:\.[0-9]{1,3}){3})?(?![\w:])")
# Words of a name may stand in an identifier too: acme_prod, acme-eu.
_WORD = re.compile(r"[^\W_]+")
_BETWEEN_WORDS = 3

Spans = Iterator[tuple[int, int]]


def redactor_of(config: RedactionConfig) -> Redactor:
    """Redacts credentials always, and what the configuration names besides."""
    finders: list[Finder] = []
    if config.mail_addresses:
        finders.append(("mail address", _all(_MAIL)))
    if config.ip_addresses:
        finders.append(("ip address", _ip_addresses))
    if config.names:
        finders.append(("name", _Names(config.names).find))
    finders += [(name, _all(re.compile(pattern))) for name, pattern in config.patterns.items()]
    return Redactor(tuple(finders))


def _all(pattern: re.Pattern[str]) -> Callable[[str], Spans]:
    return lambda text: (match.span() for match in pattern.finditer(text))


def _ip_addresses(text: str) -> Spans:
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            # A time or a version is none, and `::` alone is no one's.
            if any(each.isdigit() for each in match[0]) and _is_address(match[0]):
                yield match.span()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class _Names:
    """Finds names as whole words, whatever their case; in scripts without blanks, wherever they stand."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: set[tuple[str, ...]] = set()
        self._lengths: dict[str, list[int]] = {}
        self._anywhere: list[str] = []
        for name in names:
            words = tuple(word.casefold() for word in _WORD.findall(name))
            if any(unicodedata.category(each) == "Lo" for each in name):
                self._anywhere.append(name)
            elif words:
                self._names.add(words)
                lengths = {*self._lengths.get(words[0], ()), len(words)}
                self._lengths[words[0]] = sorted(lengths, reverse=True)

    def find(self, text: str) -> Spans:
        words = [(match.start(), match.end(), match[0].casefold()) for match in _WORD.finditer(text)]
        for index, (start, _, word) in enumerate(words):
            for length in self._lengths.get(word, ()):
                following = words[index : index + length]
                if tuple(each for _, _, each in following) in self._names and _are_together(following):
                    yield start, following[-1][1]
                    break
        for whole in self._anywhere:
            yield from (match.span() for match in re.finditer(re.escape(whole), text))


def _are_together(words: list[tuple[int, int, str]]) -> bool:
    return all(after[0] - before[1] <= _BETWEEN_WORDS for before, after in pairwise(words))
