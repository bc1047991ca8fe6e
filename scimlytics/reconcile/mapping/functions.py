"""The functions of mapping expressions, one person at a time.

Each does what Microsoft's reference for writing expressions says. ``UNKNOWN`` stands for a value that
the reference does not determine; whatever it enters is unknown, unless the function never looks at it.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable
from typing import Final

import regex

SECONDS = 0.05
"""How long one pattern may take on one value."""


class UnevaluableError(ValueError):
    """An expression or filter that cannot be evaluated, and why."""


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that the evidence or the provider's documents do not determine."""
Value = str | int | bool | list[str] | None | _Unknown
Function = Callable[..., Value]
LETTERS = {
    "æ": "ae", "ǣ": "ae", "Æ": "AE", "Ǣ": "AE", "ø": "oe", "Ø": "OE", "œ": "oe", "Œ": "OE",
    "ß": "ss", "ł": "l", "Ł": "L", "ı": "i",
}  # fmt: skip
"""Letters of the documented table that Unicode does not take apart into a letter and a mark."""


def plain(value: Value) -> str | None:
    """A value as it is sent: as text."""
    if value is None or value is UNKNOWN:
        return None
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, list):
        return None
    return str(value)


def _whole(value: Value) -> int:
    """A number that a function needs."""
    try:
        return int(plain(value) or "")
    except ValueError:
        raise UnevaluableError("a whole number is wanted where there is none") from None


def compare(sign: str, left: Value, right: Value) -> Value:
    """Compare two values; a condition on an empty attribute is not documented to hold or to fail."""
    if left is UNKNOWN or right is UNKNOWN or left is None or right is None:
        return UNKNOWN
    one, other = plain(left), plain(right)
    if sign in ("=", "<>"):
        return (one == other) == (sign == "=")
    try:
        smaller, larger = int(str(one)), int(str(other))
    except ValueError:
        return UNKNOWN
    return {
        ">": smaller > larger,
        ">=": smaller >= larger,
        "<": smaller < larger,
        "<=": smaller <= larger,
    }[sign]


def matches(pattern: str, value: str) -> bool:
    """Whether a .NET pattern is found in a value.

    Raises
    ------
    UnevaluableError
        It is no pattern, or takes too long.
    """
    try:
        return regex.search(pattern, value, timeout=SECONDS) is not None
    except (regex.error, TimeoutError) as error:
        raise _bad(pattern, error) from error


def _bad(pattern: str, error: Exception) -> UnevaluableError:
    why = "takes too long" if isinstance(error, TimeoutError) else f"cannot be read ({error})"
    return UnevaluableError(f"the pattern {pattern!r} {why}")


def strict(function: Function) -> Function:
    """What an unknown argument enters is unknown."""

    def wrapped(*arguments: Value) -> Value:
        if any(one is UNKNOWN for one in arguments):
            return UNKNOWN
        return function(*arguments)

    return wrapped


def texts(function: Function) -> Function:
    """A function of one text and more: of nothing it makes nothing."""

    def wrapped(source: Value, *more: Value) -> Value:
        if source is None:
            return None
        if isinstance(source, list):
            raise UnevaluableError("a text is wanted where an attribute has several values")
        return function(plain(source), *more)

    return strict(wrapped)


def _append(source: Value, suffix: Value) -> Value:
    if source is None or suffix is None:
        return UNKNOWN
    return f"{plain(source)}{plain(suffix)}"


def _bit_and(one: Value, other: Value) -> Value:
    return _whole(one) & _whole(other)


def _c_bool(value: Value) -> Value:
    if isinstance(value, bool):
        return value
    word = (plain(value) or "").strip().casefold()
    if word in ("true", "false"):
        return word == "true"
    return word.lstrip("-").isdigit() and int(word) != 0


def _coalesce(*values: Value) -> Value:
    for value in values:
        if value is not None:
            return value
    return None


def _iif(condition: Value, right: Value, wrong: Value) -> Value:
    if condition is None or condition is UNKNOWN:
        return UNKNOWN
    return right if _c_bool(condition) else wrong


def _in_str(where: str, what: Value, start: Value = None, kind: Value = None) -> Value:
    begin = _whole(start) - 1 if start is not None else 0
    needle = plain(what) or ""
    if kind == "vbTextCompare":
        where, needle = where.casefold(), needle.casefold()
    return where.find(needle, max(begin, 0)) + 1


def _item(values: Value, index: Value) -> Value:
    if values is None:
        return None
    listed = values if isinstance(values, list) else [str(plain(values))]
    place = _whole(index) - 1
    return listed[place] if 0 <= place < len(listed) else None


def _join(separator: Value, *sources: Value) -> Value:
    parts: list[str] = []
    for source in sources:
        parts += source if isinstance(source, list) else [plain(source) or ""]
    return (plain(separator) or "").join(part for part in parts if part)


def _left(source: Value, count: Value) -> Value:
    if source is None:
        return ""
    kept = _whole(count)
    return str(plain(source)) if kept < 0 else str(plain(source))[:kept]


def _mid(source: str, start: Value, length: Value) -> Value:
    begin = _whole(start) - 1
    return source[begin : begin + _whole(length)]


def _normalize_diacritics(source: str) -> str:
    apart = unicodedata.normalize("NFD", "".join(LETTERS.get(one, one) for one in source))
    return "".join(LETTERS.get(one, one) for one in apart if not unicodedata.combining(one))


def _not(source: Value) -> Value:
    return (plain(source) or "").casefold() != "true"


def _p_case(source: str, separators: Value = None) -> Value:
    chosen = plain(separators)
    made, fresh = [], True
    for one in source:
        made.append(one.upper() if fresh else one.lower())
        kind = unicodedata.category(one)
        fresh = one in chosen if chosen is not None else kind[0] in "ZPSC"
    return "".join(made)


def _remove_duplicates(values: Value) -> Value:
    return list(dict.fromkeys(values)) if isinstance(values, list) else values


def _replace(
    source: Value,
    old: Value = None,
    pattern: Value = None,
    group: Value = None,
    new: Value = None,
    other: Value = None,
    template: Value = None,
) -> Value:
    """Replace, in its five documented forms."""
    value = plain(source)
    if pattern is not None and group is not None and new is None:
        if value:
            return value
        found = _search(str(pattern), plain(other) or "")
        return found.group(str(group)) if found else None
    if value is None:
        return None
    if old is not None and template is not None:
        return str(plain(template)).replace(str(plain(old)), value)
    if old is not None:
        return value.replace(str(plain(old)), plain(new) or "")
    if pattern is None:
        return UNKNOWN
    return _substituted(str(pattern), plain(group), plain(new) or "", value)


def _search(pattern: str, value: str) -> regex.Match[str] | None:
    try:
        return regex.search(pattern, value, timeout=SECONDS)
    except (regex.error, TimeoutError) as error:
        raise _bad(pattern, error) from error


def _substituted(pattern: str, group: str | None, new: str, value: str) -> str:
    def whole(found: regex.Match[str]) -> str:
        marks = r"\$\{(\w+)\}|\$(\d+)"
        return str(regex.sub(marks, lambda mark: found.group(_name(mark)) or "", new))

    def part(found: regex.Match[str]) -> str:
        begin, end = found.span(str(group))
        if begin < 0:
            return str(found.group())
        offset = found.start()
        text = str(found.group())
        return text[: begin - offset] + new + text[end - offset :]

    try:
        return str(regex.sub(pattern, part if group else whole, value, timeout=SECONDS))
    except (regex.error, IndexError, TimeoutError) as error:
        raise _bad(pattern, error) from error


def _name(mark: regex.Match[str]) -> str | int:
    word = mark.group(1) or mark.group(2)
    return int(word) if word.isdigit() else str(word)


def _split(source: str, delimiter: Value) -> Value:
    mark = plain(delimiter)
    if not mark:
        raise UnevaluableError("a text is split at nothing")
    return [part.strip() for part in source.split(str(mark))]


def _switch(source: Value, default: Value, *pairs: Value) -> Value:
    if source is UNKNOWN:
        return UNKNOWN
    if len(pairs) % 2:
        raise UnevaluableError("Switch has a key without a value")
    value = plain(source) or ""
    for key, then in zip(pairs[::2], pairs[1::2], strict=True):
        if value == (plain(key) or ""):
            return then
    return default


def _word(source: Value, number: Value, delimiters: Value) -> Value:
    text = plain(source) or ""
    for mark in str(plain(delimiters) or ""):
        text = text.replace(mark, "\0")
    words = [one for one in text.split("\0") if one]
    place = _whole(number) - 1
    return words[place] if 0 <= place < len(words) else ""


def _refused(why: str) -> Function:
    def function(*_: Value) -> Value:
        raise UnevaluableError(why)

    return function


def _empty(value: Value) -> bool:
    return value is None or value == ""


def _count(values: Value) -> int:
    return len(values) if isinstance(values, list) else int(values is not None)


def _hex(source: str) -> str:
    return source.encode().hex().upper()


def _base64(source: str) -> str:
    return base64.b64encode(source.encode("utf-16-le")).decode()


CHANCE = _refused("its value depends on chance")
CLOCK = _refused("its value depends on the clock")
DATES = _refused("dates in .NET formats are not evaluated")
ROLES = _refused("the app roles of a person are not exported with the users")
FUNCTIONS: dict[str, Function] = {
    "append": strict(_append),
    "approleassignmentscomplex": ROLES,
    "bitand": strict(_bit_and),
    "cbool": strict(_c_bool),
    "cdate": DATES,
    "coalesce": strict(_coalesce),
    "converttobase64": texts(_base64),
    "converttoutf8hex": texts(_hex),
    "count": strict(_count),
    "cstr": strict(plain),
    "dateadd": DATES,
    "datediff": DATES,
    "datefromnum": DATES,
    "formatdatetime": DATES,
    "guid": CHANCE,
    "ignoreflowifnullorempty": strict(lambda value: UNKNOWN if _empty(value) else value),
    "iif": _iif,
    "instr": texts(_in_str),
    "isnull": strict(lambda value: value is None),
    "isnullorempty": strict(_empty),
    "ispresent": strict(lambda value: not _empty(value)),
    "isstring": strict(lambda value: isinstance(value, str)),
    "item": strict(_item),
    "join": strict(_join),
    "left": strict(_left),
    "mid": texts(_mid),
    "normalizediacritics": texts(_normalize_diacritics),
    "not": strict(_not),
    "now": CLOCK,
    "numfromdate": DATES,
    "pcase": texts(_p_case),
    "randomstring": CHANCE,
    "redact": lambda value: value,
    "removeduplicates": strict(_remove_duplicates),
    "replace": strict(_replace),
    "selectuniquevalue": _refused("its value depends on what else the target held then"),
    "singleapproleassignment": ROLES,
    "split": texts(_split),
    "stripspaces": texts(lambda source: source.replace(" ", "")),
    "switch": _switch,
    "tolower": texts(lambda source, *_: source.lower()),
    "toupper": texts(lambda source, *_: source.upper()),
    "word": strict(_word),
}
"""Function names, folded, and what they do."""
