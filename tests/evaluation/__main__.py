"""All figures on real records, as a table in Markdown: `make eval`, which docs/quality.md carries the last one of.

python -m tests.evaluation [DATA]
"""

import sys
from pathlib import Path

from tests.evaluation import identity, latex, summary, topics, trending

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Where the records are kept: beside the repository, never in it."""

PARTS = {
    "Legible text": latex.figures,
    "The summary": summary.figures,
    "One paper, once": identity.figures,
    "Topics": topics.figures,
    "Trending and diversity": trending.figures,
}


def main() -> None:
    """Measure and print."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else BESIDE
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; name the one with the real records: python -m tests.evaluation DATA")
    for title, figures in PARTS.items():
        rows = [("what", "goal", "measured"), ("---", "---", "---"), *figures(data)]
        lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
        sys.stdout.write(f"\n## {title}\n\n" + "\n".join(lines) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
