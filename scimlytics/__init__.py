"""Reconcile a directory, its provisioning log and the application they feed."""

__version__ = "0.1.0"
