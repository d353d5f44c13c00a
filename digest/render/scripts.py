"""Scripts: what Unicode has no raised or lowered letters for is drawn by markup."""

from markupsafe import Markup, escape


def scripts(text: str) -> Markup:
    """Return a paper's text as markup: "L_(CE)" with a real subscript. All else of it stays text."""
    from digest.papers.latex import scripted  # with tables of TeX, which commands that render nothing don't need

    return Markup("").join(
        Markup("<{0}>{1}</{0}>").format(Markup(span.kind), span.text) if span.kind != "plain" else escape(span.text)  # noqa: S704 (sub or sup)
        for span in scripted(text)
    )
