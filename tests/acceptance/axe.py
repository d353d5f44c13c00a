"""axe-core in the browser: what of a page keeps somebody from reading or using it."""

from collections.abc import Collection
from typing import Any

from tests.acceptance.npm import npm_file

_RUN = """async () => {
    const found = await axe.run(document, { iframes: false, resultTypes: ['violations'] });
    return found.violations.flatMap(rule => rule.nodes.map(node => ({
        impact: node.impact || rule.impact, rule: rule.id, help: rule.help,
        where: node.target.join(' '), why: node.failureSummary })));
}"""


def axe_violations(page: Any, impacts: Collection[str] = ("serious", "critical")) -> list[str]:
    """Return what axe finds wrong in a page of playwright's, one line each; `impacts` are what counts.

    The page's own Content-Security-Policy may forbid scripts: axe comes in beside it. Frames are pages of
    their own, and those that run no scripts can't be asked; load what they show as a page.
    """
    page.evaluate(npm_file("axe-core/axe.min.js").read_text("utf-8"))
    return [
        f"{one['impact']}: {one['rule']} at {one['where']}: {' '.join(one['why'].split())}"
        for one in page.evaluate(_RUN)
        if one["impact"] in impacts
    ]
