"""The categories of arXiv, so that a misspelled one is told at once and not by papers that never come."""

from difflib import get_close_matches

# https://arxiv.org/category_taxonomy, a line for each group of those that have parts.
_PARTS = """
    astro-ph: CO EP GA HE IM SR
    cond-mat: dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con
    cs: AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI OH OS PF PL RO
    cs: SC SD SE SI SY
    econ: EM GN TH
    eess: AS IV SP SY
    math: AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT SG SP ST
    nlin: AO CD CG PS SI
    physics: acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an ed-ph flu-dyn gen-ph
    physics: geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph
    q-bio: BM CB GN MN NC OT PE QM SC TO
    q-fin: CP EC GN MF PM PR RM ST TR
    stat: AP CO ME ML OT TH
"""
_WITHOUT_PARTS = "gr-qc hep-ex hep-lat hep-ph hep-th math-ph nucl-ex nucl-th quant-ph"


def _all() -> frozenset[str]:
    lines = [line.split(":") for line in _PARTS.strip().splitlines()]
    groups = {group.strip() for group, _ in lines}
    whole = {f"{group}.*" for group in groups}
    return frozenset({f"{group.strip()}.{part}" for group, parts in lines for part in parts.split()}) | groups | whole


ARXIV = _all() | frozenset(_WITHOUT_PARTS.split())
"""Every category, every group ("cs"), and a group as the API writes it ("cs.*")."""


def expect_category(name: str) -> None:
    """Raise ValueError for what is no category of arXiv, with the nearest one."""
    if name in ARXIV:
        return
    by_folded = {known.casefold(): known for known in sorted(ARXIV) if "*" not in known}
    near = get_close_matches(name.strip().casefold(), by_folded, n=1)
    hint = f"did you mean {by_folded[near[0]]!r}?" if near else "expected one such as 'cs.CL'"
    raise ValueError(f"categories: arXiv has no {name!r}; {hint}")
