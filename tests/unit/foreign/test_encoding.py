import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.foreign.encoding import find_encoding

TEXT = "email,name\nada@example.org,Ada Lovelace\nkurt@example.net,Kurt Gödel\nzoë@example.com,Zoë – “Q”\n" * 3
PLAIN = "email,name\nkurt@example.net,Kurt Gödel\njosé@example.org,José Muñoz\n"


def found(content: bytes, size: int = 1 << 20):
    return find_encoding(content[at : at + size] for at in range(0, len(content), size))


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (TEXT, "utf-8", "UTF-8"),
        (TEXT, "utf-8-sig", "UTF-8 with a byte order mark"),
        (TEXT, "cp1252", "Windows-1252"),
        (PLAIN, "latin-1", "Latin-1"),
    ],
)
def test_an_encoding_of_bytes_is_found_whatever_the_chunks(text, codec, name, size):
    content = text.encode(codec)
    # The first chunk is long enough for a mark.
    encoding = find_encoding([content[:8], *(content[at : at + size] for at in range(8, len(content), size))])
    assert (encoding.name, encoding.damaged) == (name, 0)
    assert content.decode(encoding.codec) == text


@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-16-le", b"\xff\xfe", "UTF-16 LE"),
        ("utf-16-be", b"\xfe\xff", "UTF-16 BE"),
        ("utf-16-le", b"", "UTF-16 LE without a byte order mark"),
        ("utf-16-be", b"", "UTF-16 BE without a byte order mark"),
        ("utf-32-le", b"\xff\xfe\0\0", "UTF-32"),
    ],
)
def test_utf_16_is_known_by_its_mark_or_its_nuls(codec, mark, name):
    content = mark + TEXT.encode(codec)
    encoding = found(content)
    assert encoding.name == name
    assert content.decode(encoding.codec) == TEXT


def test_a_damaged_byte_among_many_letters_does_not_make_utf_8_something_else():
    content = (TEXT * 5).encode() + b"caf\xe9@example.org,\n" + TEXT.encode()
    encoding = found(content)
    assert (encoding.codec, encoding.damaged) == ("utf-8", 1)
    assert content.decode(encoding.codec, "surrogateescape").encode("utf-8", "surrogateescape") == content


def test_bytes_that_windows_1252_lacks_are_latin_1():
    assert found("Zoë\x81".encode("latin-1")).codec == "latin-1"


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (b"PK\x03\x04rest", "unpack it"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"SQLite format 3\0", "SQLite"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1", "Excel"),
    ],
)
def test_what_is_no_text_is_refused_with_what_it_is(begin, says):
    with pytest.raises(InputError, match=says):
        found(begin)


def test_an_empty_file_is_utf_8():
    assert found(b"").codec == "utf-8"


@given(st.text(), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_whatever_is_written_in_utf_8_is_read_as_it_was(text, codec):
    # A NUL in every letter, as in UTF-16, is in no text; and what begins like another kind of file is refused.
    text = "email\n" + text.replace("\0", "")
    content = text.encode(codec)
    assert content.decode(found(content).codec) == text


@given(st.binary())
def test_any_bytes_are_read_somehow_or_refused(content):
    try:
        encoding = found(content)
    except InputError:
        return
    errors = "surrogateescape" if encoding.codec.startswith("utf-8") else "replace"
    assert isinstance(content.decode(encoding.codec, errors), str)
