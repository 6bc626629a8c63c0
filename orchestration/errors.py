"""The one error a user of Evenhand is meant to see: a sentence, never a traceback."""


class EvenhandError(Exception):
    """Something a person can mend. The message says what, where, what is allowed and what to do."""
