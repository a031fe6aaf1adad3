"""Failures of the engine. None of them is the fault of whoever sent the file."""


class EngineError(Exception):
    """The engine could not score. The same request may succeed later."""


class EngineUnavailable(EngineError):
    """A part of the engine is not running, or ended while it worked on the request."""


class ModelItemError(EngineError):
    """A model could not process this one item; the others of its batch are unaffected."""
