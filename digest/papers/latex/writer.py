"""The writer: what has been read so far, and what stands at its end."""

import unicodedata


def _is_letter(character: str) -> bool:
    """Tell whether `character` is a letter or digit of full size, not a script."""
    return character.isdecimal() or (character.isalpha() and unicodedata.category(character) != "Lm")


class Writer:
    """Collects pieces of text. A word of a formula (log, sin) is kept apart from letters beside it."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._after_word = False

    def put(self, text: str) -> None:
        """Add `text`."""
        if not text:
            return
        if self._after_word and (_is_letter(text[0]) or text[0] == "√"):
            self._pieces.append(" ")
        self._after_word = False
        self._pieces.append(text)

    def put_word(self, word: str) -> None:
        """Add `word` with a space between it and a letter or digit before it, and one behind it."""
        last = self.last
        self.put(" " + word if last.isalnum() or last in (")", "]", "}") else word)
        self._after_word = True

    def drop_space(self) -> None:
        """Take the white space and ties off the end."""
        while self._pieces:
            rest = self._pieces[-1].rstrip(" ~")
            if rest:
                self._pieces[-1] = rest
                return
            self._pieces.pop()

    @property
    def last(self) -> str:
        """The last character, or the empty string."""
        return self._pieces[-1][-1] if self._pieces else ""

    @property
    def tail(self) -> str:
        """The last few characters, enough to see the word that a script stands at."""
        return "".join(piece[-24:] for piece in self._pieces[-4:])[-24:]

    def text(self) -> str:
        """Return everything written."""
        return "".join(self._pieces)
