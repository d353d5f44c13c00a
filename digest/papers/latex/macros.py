"""Macros by what becomes of their arguments. One that stands nowhere here keeps its arguments, or else its name."""


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text`: long lists of names are easier to read so."""
    return tuple(text.split())


IGNORED = frozenset(
    words("""
    bf it rm em tt sc sl sf bfseries mdseries itshape slshape scshape upshape rmfamily sffamily ttfamily
    normalfont tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge centering noindent
    indent raggedright displaystyle textstyle scriptstyle limits nolimits boldmath unboldmath xspace protect
    nonumber relax hfill hfil allowbreak leavevmode smallskip medskip bigskip newpage clearpage maketitle null
    strut left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm ensuremath
    mathop mathrel mathbin mathord phantomsection hline toprule midrule bottomrule ignorespaces unskip
""")
)
"""Macros that only change how something looks: they go, and what follows stays."""

CITATIONS = frozenset(
    words("""
    cite citep citet citealp citealt citeauthor citeyear citeyearpar Cite Citet Citep parencite textcite
    autocite footcite nocite cref Cref ref eqref autoref pageref nameref label footnotemark thanks
""")
)
"""Marks that point elsewhere. The space or tie before them goes too."""

DROPPED = {
    **dict.fromkeys(CITATIONS, 1),
    **dict.fromkeys(
        words("""
    vspace hspace vspace* hspace* index bibliography bibliographystyle includegraphics phantom hphantom vphantom
    pagestyle thispagestyle color pagecolor begin end usepackage tag input include deleted
"""),
        1,
    ),
    **dict.fromkeys(words("setlength setcounter addtolength rule fontsize"), 2),
}
"""Macros that go with so many arguments, and with the options in brackets before them."""

FONTS = frozenset(
    words("""
    textbf textit emph texttt textsc textsf textsl textrm textup textmd textnormal underline uline uwave mathrm
    mathbf mathsf mathtt mathit mathnormal boldsymbol bm pmb operatorname operatorname* text mbox hbox makebox
    fbox highlight hl sout st num boxed added substack
""")
)
"""Macros whose argument stays as it is, also behind a space."""

SECOND = frozenset(words("textcolor colorbox scalebox raisebox overset stackrel"))
"""Macros of two arguments of which the second one stays."""

FRACTIONS = frozenset(words("frac dfrac tfrac cfrac nicefrac sfrac"))
