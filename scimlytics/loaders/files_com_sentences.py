"""Files.com: the sentences of the settings changes, read into who did what to whom.

The site words them in Markdown, and no list of the wordings is public. So only what is marked as a
name counts as one (bold, code, quotes, a link), only plain verbs count as acts, and everything else
stays a change of settings with its sentence. Sentences on credentials lose what is marked.
Source: Files.com's help page "Logging for Users" (creation and deletion name the user, an edit also
the setting with its former and its new value).
"""

from __future__ import annotations

import re
from typing import Any

from scimlytics.loaders.records import identifier, is_secret
from scimlytics.loaders.scim_traffic import without_credentials

_MARKED = re.compile(
    r"\*\*(?P<bold>[^*]+)\*\*|`(?P<code>[^`]*)`|\[(?P<link>[^\]]+)\]\((?P<address>[^)]*)\)"
    r'|"(?P<quoted>[^"]*)"|“(?P<curly>[^”]*)”'
)
_VERBS = (
    (re.compile(r"\b(?:deleted|removed|destroyed)\b", re.IGNORECASE), "delete"),
    (re.compile(r"\brenamed\b|\busername\b.*\bfrom\b.*\bto\b", re.IGNORECASE), "rename"),
    (re.compile(r"\b(?:created|added)\b", re.IGNORECASE), "create"),
    (re.compile(r"\b(?:disabled|deactivated)\b", re.IGNORECASE), "disable"),
    (re.compile(r"\b(?:enabled|reactivated|activated)\b", re.IGNORECASE), "enable"),
    (re.compile(r"\b(?:changed|updated|edited|set)\b", re.IGNORECASE), "update"),
)
_OBJECT = re.compile(r"\b(user|group)\b", re.IGNORECASE)
_FROM_TO = re.compile(r"\bfrom\b(?P<old>.*?)\bto\b(?P<new>.*)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"/(?:users|groups)/(\d+)", re.IGNORECASE)


def said(sentence: str) -> dict[str, Any]:
    """Read one sentence.

    Returns
    -------
    dict
        ``action``, ``object_type`` and what is known of ``target_id``, ``subject``, ``old``, ``new``.
    """
    plain = _MARKED.sub(" ", sentence)
    if is_secret(plain):
        hidden = _MARKED.sub("…", sentence)
        return {"action": "settings", "object_type": "settings", "new": without_credentials(hidden)}
    action = next((word for verb, word in _VERBS if verb.search(plain)), None)
    about = _OBJECT.search(plain)
    marked = list(_MARKED.finditer(sentence))
    names = [_name(match) for match in marked]
    if action is None or about is None or not names or _of_setting(plain):
        kept = without_credentials(sentence)
        return {"action": "settings", "object_type": "settings", "new": kept}
    found: dict[str, Any] = {
        "action": action,
        "object_type": about[1].casefold(),
        "subject": _subject(sentence, marked),
    }
    if number := _NUMBER.search(sentence):
        found["target_id"] = identifier(number[1])
    if action in ("rename", "update") and (values := _FROM_TO.search(sentence)):
        found |= {"old": _value(values["old"]), "new": _value(values["new"])}
    if action == "update" and "disabled" in names and found.get("new") in ("true", "false"):
        found["action"] = "disable" if found["new"] == "true" else "enable"
    return found


def _subject(sentence: str, marked: list[re.Match[str]]) -> str:
    """Give the name that follows *user* or *group*, else the first name there is."""
    about = _OBJECT.search(sentence)
    after = [one for one in marked if about and one.start() >= about.end()]
    near = [one for one in after if about and one.start() - about.end() <= 3]
    return _name((near or marked)[0])


def _of_setting(plain: str) -> bool:
    """Whether the sentence is about a setting *for* users, such as a lifecycle rule."""
    return bool(re.search(r"\b(?:rule|site|strategy|provider|setting)\b", plain, re.IGNORECASE))


def _name(match: re.Match[str]) -> str:
    return next(
        one for one in match.group("bold", "code", "link", "quoted", "curly") if one is not None
    )


def _value(words: str) -> str | None:
    marked = _MARKED.search(words)
    return (_name(marked) if marked else words.strip(" .:,")) or None
