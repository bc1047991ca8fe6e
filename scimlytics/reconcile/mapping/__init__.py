"""What the provider makes of a person: mapping expressions and scoping filters, evaluated.

A value in the target is compared with what the mapping makes of the source, not with the source
itself; and whom a filter keeps out is told from the directory, also where no log says so. What
cannot be evaluated is named and left out, never guessed.
"""

from scimlytics.reconcile.mapping.clauses import clauses, failed_clauses, kept_out_rows
from scimlytics.reconcile.mapping.expression import evaluate, parse
from scimlytics.reconcile.mapping.functions import UNKNOWN, UnevaluableError
from scimlytics.reconcile.mapping.records import Records
from scimlytics.reconcile.mapping.values import left_out_rows, value_rows, values

__all__ = [
    "UNKNOWN",
    "Records",
    "UnevaluableError",
    "clauses",
    "evaluate",
    "failed_clauses",
    "kept_out_rows",
    "left_out_rows",
    "parse",
    "value_rows",
    "values",
]
