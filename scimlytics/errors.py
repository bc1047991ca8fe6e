"""What can go wrong, in one tree.

::

    ScimlyticsError               one line: where, what, what would do
    ├── InputError                a file, folder, setting, option or value that cannot be used    exit 2
    │   └── TableError            a table that does not hold what its columns promise             exit 2
    ├── ReportError               a notebook or page that could not be made                       exit 2
    ├── SystemRefusedError        a live system refused, or could not be reached                  exit 4
    ├── BudgetError               a wait longer than the budget; says how to resume               exit 5
    └── StoreError                the store is damaged or locked                                  exit 6

Everything else that is raised is a bug: it keeps its traceback and ends with exit code 70.
"""


class ScimlyticsError(Exception):
    """Base of everything a user can mend; the command line prints it as one line."""

    exit_code = 2


class InputError(ScimlyticsError):
    """A file, folder, setting, option or value that cannot be used."""


class TableError(InputError):
    """A table that does not hold what its columns promise."""


class ReportError(ScimlyticsError):
    """A notebook or page that could not be made."""


class SystemRefusedError(ScimlyticsError):
    """A live system refused, or could not be reached."""

    exit_code = 4


class BudgetError(ScimlyticsError):
    """A wait longer than the budget; the message says how to resume."""

    exit_code = 5


class StoreError(ScimlyticsError):
    """The store is damaged, or locked by another run."""

    exit_code = 6


def unknown(kind: str, name: str, known: list[str], hint: str = "") -> InputError:
    """Say that a name is unknown, which names are known, and which one was perhaps meant.

    Parameters
    ----------
    kind
        What the name stands for, in the singular: ``check``, ``column``, ``key``.
    name
        The name that nobody knows.
    known
        The names that would do.
    hint
        Where the name stood; put in front of the message.
    """
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1, cutoff=0.6)
    meant = f" Did you mean '{near[0]}'?" if near else ""
    where = f"{hint}: " if hint else ""
    return InputError(f"{where}there is no {kind} '{name}'.{meant} There are: {', '.join(known)}.")
