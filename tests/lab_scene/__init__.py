"""A real scene: a real SCIM client provisions a real SCIM server through a real nginx with a limit.

Nothing here is simulated but the directory. An administrator acts behind the provider's back, nginx
refuses what comes too fast and gives up on a server that is slow, and each fault is written down as it
is made. ``python -m tests.lab_scene --seed 3`` runs one and prints its score.
"""
