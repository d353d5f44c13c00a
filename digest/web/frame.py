"""A mail's HTML as the preview's frame shows it: with its links opening elsewhere, in light or dark.

Dark is what programs show that follow a mail's own dark style (Apple Mail and others): the rules the mail
has for `prefers-color-scheme: dark` hold whatever the editor's system prefers. Gmail and Outlook change
colours by rules of their own, which nobody outside can show exactly.
"""

import re

_LINK = re.compile(r"""<a (?=(?:[^"'>]|"[^"]*"|'[^']*')*?(?<=\s)href="(?!\#))""")
_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)
_PREFERENCE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width:0)", "(max-width:0)"
"""Media conditions that can stand where the preference stood, beside others and behind `not`."""


def framed(html: str, scheme: str) -> str:
    """Return a mail's HTML for the frame; `scheme` is "light", "dark", or "system" for the browser's own.

    Links open outside of the frame; those within the mail stay inside.
    """
    html = _LINK.sub('<a target="_blank" ', html)
    return html if scheme == "system" else _in_scheme(html, scheme)


def _in_scheme(html: str, scheme: str) -> str:
    def decided(style: re.Match[str]) -> str:
        return _PREFERENCE.sub(lambda wanted: _ALWAYS if wanted[1].lower() == scheme else _NEVER, style[0])

    # The ground that no rule of the mail's colours, and its form fields, follow `color-scheme`.
    ground = f"<style>:root {{ color-scheme: only {scheme} !important; }}</style></head>"
    return _STYLE.sub(decided, html).replace("</head>", ground, 1)
