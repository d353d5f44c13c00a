"""Where the files that the program ships lie: default templates, sample subscriber files, seeds.

In an installed wheel they are inside the package; in a checkout they are the top-level folders.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the folder `name` ("templates", "subscribers" or "seeds") as shipped with the program.

    Raises FileNotFoundError when the installation lacks it.
    """
    for folder in (_PACKAGE / "_defaults" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the installation lacks its folder {name!r}; install paper-digest again")
