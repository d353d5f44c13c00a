"""Names that a misspelt one comes near: one slip of the pen away, found without looking at every name."""

from collections.abc import Iterable, Iterator


class Near:
    """Known names, by what is left of them without one letter.

    That finds a letter too many, too few, another one, and two that changed places. It costs as many look-ups as the
    text has letters, however many names there are, so a million misspelt rows take seconds.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_form: dict[str, str] = {}
        for name in sorted(names):
            for form in _forms(name):
                self._by_form.setdefault(form, name)
            self._by_form[name.casefold()] = name

    def find(self, text: str) -> str | None:
        """Return the known name that a text is a slip away from, None where there is none."""
        known = self._by_form
        return next((known[form] for form in _forms(text[:64]) if form in known), None)


def _forms(text: str) -> Iterator[str]:
    text = text.casefold()
    yield text
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]
