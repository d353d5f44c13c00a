"""The themes and languages there are: a site's own folder of templates before the shipped one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from digest.errors import ConfigError, meant
from digest.render.theme import Theme
from digest.render.words import ENGLISH, Words, offered

DEFAULT = "default"
"""The theme that completes every other."""

_NO_THEMES = ("archive", "locale", "notices", "pages", "site", "web")
"""Folders beside the themes that hold other things."""


class Themes:
    """What lies in folders of templates: a folder each theme, and `locale/` with a catalog each language."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Look in `folders`, a site's own first."""
        self._folders = tuple(folders)

    @property
    def folder(self) -> Path:
        """The site's own folder of templates, whose files go before the shipped ones."""
        return self._folders[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The themes there are, whole ones and those of which a site has some files."""
        found = (path.name for folder in self._folders for path in folder.glob("*") if path.is_dir())
        return tuple(sorted({DEFAULT, *(name for name in found if name not in _NO_THEMES)}))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the templates' words are there in."""
        catalogs = (path.stem for folder in self._folders for path in (folder / "locale").glob("*.po"))
        return tuple(sorted({ENGLISH, *catalogs}))

    def own(self, name: str) -> tuple[str, ...]:
        """Return the names of the files that the site itself has of a theme."""
        return tuple(sorted(file.name for file in (self.folder / name).glob("*.j2")))

    def files(self, name: str) -> dict[str, Path]:
        """Return the shipped files that make up a theme, its own and those it has of the default one, by name.

        Raises ConfigError where there is no such theme.
        """
        self._expect(name)
        folders = [folder / theme for theme in (DEFAULT, name) for folder in self._folders[1:]]
        return {file.name: file for folder in folders for file in sorted(folder.glob("*.j2"))}

    def theme(self, name: str, words: Words, frozen: Mapping[str, str] = MappingProxyType({})) -> Theme:
        """Return a theme: what is frozen (sources by name), then the site's own files, then the shipped ones.

        Raises ConfigError where there is no such theme.
        """
        self._expect(name)
        folders = dict.fromkeys(folder / theme for theme in (name, DEFAULT) for folder in self._folders)
        return Theme([*folders], frozen, words)

    def _expect(self, name: str) -> None:
        if name not in self.names:
            hint = meant(name, self.names, f"themes: {', '.join(self.names)}")
            raise ConfigError(f"there is no theme {name!r}, which would be the folder {self.folder / name}; {hint}")

    def archive(self, words: Words) -> Theme:
        """Return the templates of the archive's pages: the site's own files, then the shipped ones."""
        return self._beside("archive", words)

    def pages(self, words: Words) -> Theme:
        """Return the templates of readers' own pages, likewise."""
        return self._beside("pages", words)

    def notices(self, words: Words) -> Theme:
        """Return the templates of notices, likewise."""
        return self._beside("notices", words)

    def _beside(self, name: str, words: Words) -> Theme:
        return Theme([folder / name for folder in self._folders], words=words)

    def archive_style(self) -> str:
        """Return the archive's style sheet. Raises ConfigError where it can't be read."""
        return self._style("archive")

    def pages_style(self) -> str:
        """Return what readers' own pages have beyond it. Raises ConfigError where it can't be read."""
        return self._style("pages")

    def _style(self, name: str) -> str:
        files = [folder / name / "style.css" for folder in self._folders]
        return _text(next(file for file in files if file.is_file()))

    def words(self, language: str) -> Words:
        """Return the words of a language, or of its nearest kin. Raises ConfigError where there are none."""
        nearest = offered(language, self.languages)
        if nearest is None:
            catalog = self.folder / "locale" / f"{language}.po"
            raise ConfigError(
                f"there are no words in the language {language!r}; expected one of {', '.join(self.languages)}, or"
                f" their translation in {catalog}"
            )
        names = dict.fromkeys((language, nearest, language.partition("-")[0]))
        files = [folder / "locale" / f"{name}.po" for name in names for folder in self._folders]
        return Words(language, {str(file): _text(file) for file in files if file.is_file()})


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: can't be read: {error}; expected text in UTF-8") from None
