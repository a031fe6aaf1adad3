"""The clients for programs without an event loop. Made from `_async` by `generate_sync.py`; edit there."""
