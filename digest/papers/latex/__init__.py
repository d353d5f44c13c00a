"""LaTeX as people read it: formulas, macros and what a service left of them become Unicode text.

`legible` is for titles and abstracts, `legible_name` for authors; `scripted` is for who can draw a script.
docs/text.md has the rules in words.
"""

from digest.papers.latex.legible import legible, legible_name
from digest.papers.latex.scripts import Span, scripted

__all__ = ["Span", "legible", "legible_name", "scripted"]
