"""Errors that are the caller's: shown as one line, without a traceback."""


class UserError(Exception):
    """Something in the command line or in a file it names is wrong; the message says what."""
