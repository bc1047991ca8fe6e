"""A short message to people when a run finds something: counts and a link, and nothing of anybody.

Where it goes stands in addresses of apprise (https://github.com/caronc/apprise), which hold tokens: so
they are kept like any other secret, in the environment, a file for the owner alone, or the keyring.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scimlytics.cli.findings import Finding
from scimlytics.cli.streams import say
from scimlytics.errors import InputError
from scimlytics.vocabulary import SEVERITIES

if TYPE_CHECKING:
    import apprise

NotifyOption = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="REFERENCE",
        help="Send counts to the services whose apprise addresses are kept there (env:NAME,"
        " file:PATH or keyring:SERVICE/USER), when the command would exit 1 or 3.",
        show_default=False,
    ),
]
SAYS = {
    1: "{number} finding{plural} to look at",
    3: "the evidence is too incomplete to tell",
}


def service(reference: str | None) -> apprise.Apprise | None:
    """Read where messages go, before any work is done; None where nobody is to be told.

    Raises
    ------
    InputError
        It is no reference, the secret is not there, an address means nothing, or apprise is not
        installed.
    """
    if reference is None:
        return None
    from scimlytics.connectors.credentials import KINDS, is_reference, resolve

    if not is_reference(reference):
        raise InputError(f"--notify: should say where the addresses are kept: {KINDS}.")
    try:
        import apprise
    except ImportError:
        raise InputError(
            "--notify: apprise is not installed; install the extra: pip install 'scimlytics[notify]'."
        ) from None
    kept = resolve(reference, "--notify", Path.cwd(), lines=True)
    made = apprise.Apprise()
    for place, address in enumerate(kept.reveal().split(), 1):
        if not made.add(address):
            raise InputError(f"--notify: address {place} means nothing to apprise.")
    return made


def send(
    service: apprise.Apprise | None, code: int, failing: Sequence[Finding], name: str, link: str
) -> None:
    """Send a message, unless all is well; that it could not be sent is said, and changes no exit code.

    Parameters
    ----------
    service
        What :func:`service` returned.
    code
        The exit code of the command.
    failing
        The findings at or above the limit.
    name
        What the evidence is called.
    link
        Where more is to be seen: the path of a report, or of the evidence.
    """
    if service is None or code not in SAYS:
        return
    title, body = message(code, failing, name, link)
    if not service.notify(title=title, body=body, body_format="text"):
        say("--notify: not every message could be sent.")


def message(code: int, failing: Sequence[Finding], name: str, link: str) -> tuple[str, str]:
    """The title and the text: how many findings of which severity and cause, and where to look."""
    number = len(failing)
    title = SAYS[code].format(number=number, plural="" if number == 1 else "s")
    severities = Counter(str(one["severity"]) for one in failing)
    causes = Counter(str(one["cause"]) for one in failing)
    lines = [f"{severities[word]} {word}" for word in SEVERITIES if severities[word]]
    lines += [
        f"{cause}: {count}"
        for cause, count in sorted(causes.items(), key=lambda one: (-one[1], one[0]))
    ]
    return f"scimlytics, {name}: {title}", "\n".join([*lines, link])
