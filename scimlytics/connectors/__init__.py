"""Live systems: read politely and completely, or honestly not.

A connector is a list of collections; each is walked page by page by one careful HTTP client. Pages
are kept as they came and become tables by the same loaders as files do.
"""
