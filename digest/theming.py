"""Copy a theme's files into a site, to be changed there: what lies there goes before the shipped one."""

import shutil
from pathlib import Path

from digest.errors import InputError, meant
from digest.render.themes import Themes


def copy_theme(themes: Themes, name: str, file: str | None = None) -> tuple[Path, ...]:
    """Copy one of a theme's shipped files, or all of them, into the site's folder of templates.

    Returns where they are now. Raises ConfigError where there is no such theme, InputError for a file that isn't there
    or that the site has already.
    """
    shipped, folder = themes.files(name), themes.folder / name
    if file is not None and file not in shipped:
        hint = meant(file, shipped, f"files: {', '.join(sorted(shipped))}")
        raise InputError(f"the theme {name} has no file {file!r}; {hint}")
    targets = {folder / each: shipped[each] for each in (sorted(shipped) if file is None else [file])}
    there = next((target for target in targets if target.exists()), None)
    if there:
        raise InputError(f"{there}: is there already; remove it to have the shipped one copied")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, source in targets.items():
            shutil.copyfile(source, target)
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}; nothing can be copied there") from error
    return tuple(targets)
