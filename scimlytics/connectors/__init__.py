"""Live systems: read politely and completely, or honestly not.

A connector is a list of collections; each is walked page by page by one careful HTTP client. Pages
are kept as they came and become tables by the same loaders as files do. Read ``pulling`` first.
"""

from scimlytics.connectors.config import Config, read_config
from scimlytics.connectors.http import Budget
from scimlytics.connectors.judging import Got, Known, Order, Part, Pulled
from scimlytics.connectors.pulling import pull
from scimlytics.connectors.shelf import discard

__all__ = [
    "Budget",
    "Config",
    "Got",
    "Known",
    "Order",
    "Part",
    "Pulled",
    "discard",
    "pull",
    "read_config",
]
