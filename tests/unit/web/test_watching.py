import pytest
from watchfiles import Change

from digest.resources import shipped
from digest.web.watching import Watched


@pytest.fixture
def watched(site) -> Watched:
    return Watched.of(site.root)


@pytest.mark.parametrize(
    "name",
    [
        "digest.toml",
        "subscribers/daily.csv",
        "templates/default/_card.mjml.j2",
        "templates/default/deep/er.j2",
        "templates/locale/de.po",
    ],
)
def test_what_a_message_is_made_of_concerns_us(site, watched, name):
    for change in Change:
        assert watched.concerns(change, str(site.root.resolve() / name))


@pytest.mark.parametrize(
    "name",
    [
        "store.sqlite3",
        "store.sqlite3-wal",
        "store.sqlite3.lock",
        "outbox/new/1",
        "keys/identity.key",
        "subscribers/.daily.csv.swp",
        "digest.toml~",
        "templates/default/.card.swp",
        "templates/default/_card.mjml.j2~",
        "templates/.git/index",
    ],
)
def test_what_the_program_and_editors_write_beside_it_does_not(site, watched, name):
    for change in Change:
        assert not watched.concerns(change, str(site.root.resolve() / name))


def test_a_folder_on_the_way_concerns_us_when_it_comes_or_goes(site, watched):
    for folder in (site.root, site.root / "templates", site.root / "subscribers"):
        assert watched.concerns(Change.added, str(folder.resolve()))
        assert watched.concerns(Change.deleted, str(folder.resolve()))
        assert not watched.concerns(Change.modified, str(folder.resolve()))


def test_folders_are_watched_one_by_one_and_not_all_of_the_site(site, watched):
    (site.root / "templates" / "new" / "deep").mkdir(parents=True)
    (site.root / "templates" / ".git").mkdir()
    (site.root / "outbox" / "new").mkdir(parents=True)
    places = watched.places()
    root = site.root.resolve()
    assert {root, root / "subscribers", root / "templates" / "new" / "deep", shipped("templates")} <= places
    assert root / "templates" / ".git" not in places
    assert not any("outbox" in str(place.relative_to(root)) for place in places if place.is_relative_to(root))


def test_where_a_folder_is_missing_the_one_that_would_hold_it_is_watched(tmp_path):
    gone = Watched(frozenset({tmp_path / "a" / "b" / "file.csv"}), frozenset({tmp_path / "c" / "d"}))
    assert gone.places() == {tmp_path}


def test_settings_that_cannot_be_read_leave_what_was_watched(site, watched):
    (site.root / "digest.toml").write_text("nonsense")
    assert Watched.of(site.root, watched) == watched
    fresh = Watched.of(site.root)
    assert site.root.resolve() / "digest.toml" in fresh.files
    assert site.root.resolve() / "templates" in fresh.folders


def test_a_link_is_followed_and_can_itself_change(site, tmp_path):
    real = tmp_path / "real.csv"
    real.write_text("email\n")
    link = site.root / "subscribers" / "daily.csv"
    link.unlink()
    link.symlink_to(real)
    watched = Watched.of(site.root)
    assert watched.concerns(Change.modified, str(real.resolve()))
    assert watched.concerns(Change.added, str(site.root.resolve() / "subscribers" / "daily.csv"))
    assert tmp_path.resolve() in watched.places()
