"""All checks of a message, in the order in which they are told."""

from collections.abc import Callable, Iterable, Iterator

from digest.checks import bodies, contrast, headers, lines, links, structure
from digest.checks.facts import Facts
from digest.checks.features import features
from digest.checks.finding import Finding
from digest.checks.mail import Mail

Check = Callable[[Mail, Facts], Iterable[Finding]]

ERRORS: tuple[Check, ...] = (
    headers.required,
    headers.leaving,
    headers.alignment,
    headers.hosts,
    bodies.size,
    bodies.both_there,
    bodies.postal_address,
)
"""What stops an issue; cheap enough for every one that is built."""

SET_UP: tuple[Check, ...] = (headers.alignment, headers.hosts)
"""Those whose answer may change after an issue was frozen, by what is set up."""

WARNINGS: tuple[Check, ...] = (
    lines.subject,
    lines.preheader,
    lines.plaintext_lines,
    lines.whole_size,
    links.targets,
    links.words,
    structure.pictures,
    structure.ids,
    structure.headings,
    structure.document,
    contrast.contrasts,
    features,
)
"""What is told, and stops nothing."""


def errors(mail: Mail, facts: Facts, checks: Iterable[Check] = ERRORS) -> Iterator[Finding]:
    """Find what stops a message."""
    for check in checks:
        yield from check(mail, facts)


def warnings(mail: Mail, facts: Facts) -> Iterator[Finding]:
    """Find what is better done otherwise."""
    for check in WARNINGS:
        yield from check(mail, facts)
