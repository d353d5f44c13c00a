"""What can go wrong, in words for the person who can mend it.

    DigestError            one clear line; the command line prints it and leaves with its exit code
    ├── ConfigError        digest.toml or an environment variable
    ├── InputError         a file or an option the user gave
    ├── TemplateError      a theme's template
    ├── CheckError         what an issue would send has an error that the operator can mend
    ├── StateError         not possible in the state an issue or a delivery is in
    ├── BusyError          another run is at work on this site
    ├── SourceError        a source can't be reached, or what came from it can't be used
    ├── MailboxError       a mailbox can't be read
    └── RelayError         a relay can't be used at all (a single refusal is an outcome, not an error)

Anything else that escapes is a defect of the program and keeps its traceback.
"""

from collections.abc import Iterable


def meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return "did you mean …?" with the one of `known` that `name` comes near, or `otherwise` where none does."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise


class DigestError(Exception):
    """A mistake or a refusal that a person can act on; `str()` is one line that says how."""

    exit_code = 1


class ConfigError(DigestError):
    """The settings can't be used: says the file, the key, and what was expected."""


class InputError(DigestError):
    """A file, a record or an option can't be used: says where and what was expected."""


class TemplateError(DigestError):
    """A template can't be rendered: says the file, the line and the name."""


class CheckError(DigestError):
    """An issue can't go out as it is: says of which list, the first error, how many more, and where to see them."""


class StateError(DigestError):
    """The thing asked for is not possible in the present state."""


class BusyError(DigestError):
    """Another process works on this site; says which."""


class SourceError(DigestError):
    """A source can't be asked, or its answer can't be used: says the address, what came, and what to do."""


class MailboxError(DigestError):
    """A mailbox can't be read: says which, what came, and what to do."""


class RelayError(DigestError):
    """A relay can't be reached or refuses us as a whole."""
