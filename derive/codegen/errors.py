"""What cannot be written as code."""


class NoCode(ValueError):
    """A term for which there is no code; the message quotes the part."""
