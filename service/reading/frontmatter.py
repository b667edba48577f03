"""The metadata block at the head of a document: YAML between `---` lines, TOML between `+++` lines."""

import tomllib
from collections.abc import Mapping
from types import MappingProxyType

import yaml

# A metadata block is a page at most; an unclosed one must not make the parser read a whole document as YAML.
_LONGEST = 64_000


def split(text: str) -> tuple[Mapping[str, object], str, tuple[str, ...]]:
    """(metadata, the document after it, warnings); a broken block is left out of the document and reported."""
    text = text.removeprefix("\ufeff")
    first, _, rest = text.partition("\n")
    fence = first.rstrip()
    # With an empty line below it, the first line is a rule above the text.
    if fence not in ("---", "+++") or (fence == "---" and rest[:1] in ("\n", "")):
        return MappingProxyType({}), text, ()
    raw, body = _until(rest, fence)
    if raw is None:
        return MappingProxyType({}), text, ()
    fault = f"The front matter between the {fence} lines could not be read and was left out; correct its "
    try:
        data: object = tomllib.loads(raw) if fence == "+++" else _yaml(raw)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        syntax = "TOML" if fence == "+++" else "YAML"
        return MappingProxyType({}), body, (f"{fault}{syntax}: {_where(error)}.",)
    if data is None:
        return MappingProxyType({}), body, ()
    if not isinstance(data, dict):
        # Two rules around a paragraph look like metadata; then it is text and belongs to the document.
        return (
            MappingProxyType({}),
            text if isinstance(data, str) else body,
            () if isinstance(data, str) else (f"{fault}YAML: it has to be a mapping of names to values.",),
        )
    return MappingProxyType({str(key): value for key, value in data.items()}), body, ()


def _until(rest: str, fence: str) -> tuple[str | None, str]:
    taken: list[str] = []
    size = 0
    lines = rest.split("\n")
    for number, line in enumerate(lines):
        if line.rstrip() == fence or (fence == "---" and line.rstrip() == "..."):
            return "\n".join(taken), "\n".join(lines[number + 1 :])
        taken.append(line)
        size += len(line)
        if size > _LONGEST:
            break
    return None, rest


class _Loader(yaml.SafeLoader):
    """Safe values only, and no aliases: a few of them can stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not accepted here")
        return super().compose_node(parent, index)


def _yaml(raw: str) -> object:
    return yaml.load(raw, Loader=_Loader)  # noqa: S506  a SafeLoader with less


def _where(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"{getattr(error, 'problem', None) or 'not understood'} in line {mark.line + 2}"
    return str(error).splitlines()[0] if str(error) else "not understood"
