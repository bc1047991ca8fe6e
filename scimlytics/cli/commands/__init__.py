"""The commands, one module each: a function with its options, and ``register(app)``."""
