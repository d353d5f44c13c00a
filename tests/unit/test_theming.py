import pytest

from digest.errors import InputError
from digest.render.themes import Themes
from digest.resources import shipped
from digest.theming import copy_theme


@pytest.fixture
def themes(tmp_path):
    return Themes([tmp_path, shipped("templates")])


def put(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_what_a_theme_has_of_the_default_one_is_copied_as_its_own(themes, tmp_path):
    copy_theme(themes, "compact", "_footer.mjml.j2")
    assert themes.own("compact") == ("_footer.mjml.j2",)
    assert themes.own("default") == ()
    copied = copy_theme(themes, "default")
    assert {path.name for path in copied} == set(themes.files("default")) == set(themes.own("default"))


def test_what_is_there_is_never_written_over(themes, tmp_path):
    put(tmp_path, "default/_card.mjml.j2", "mine")
    for file in ("_card.mjml.j2", None):
        with pytest.raises(InputError, match=r"_card\.mjml\.j2: is there already; remove it"):
            copy_theme(themes, "default", file)
    assert themes.own("default") == ("_card.mjml.j2",)
    assert (tmp_path / "default" / "_card.mjml.j2").read_text("utf-8") == "mine"


@pytest.mark.parametrize("file", ["_crad.mjml.j2", "../web/preview.css", "/etc/passwd"])
def test_only_a_themes_files_are_copied(themes, tmp_path, file):
    with pytest.raises(InputError, match="the theme default has no file"):
        copy_theme(themes, "default", file)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(themes, tmp_path):
    put(tmp_path, "default", "a file")
    with pytest.raises(InputError, match=r"default: .*; nothing can be copied there"):
        copy_theme(themes, "default")
