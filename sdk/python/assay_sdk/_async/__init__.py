"""The clients as coroutines. `_sync` is made from this package by `generate_sync.py`; edit here."""
