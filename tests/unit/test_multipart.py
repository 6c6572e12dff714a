"""Multipart bodies: fields and files come out, and nothing but refusals for what is none."""

import pytest
from hypothesis import example, given, strategies as st

from shared.domain.errors import Malformed, Refusal, TooLarge, UnsupportedMediaType
from shared.domain.model import Attachment
from shared.http import multipart_body
from shared.http.multipart_body import MOST_PARTS, Shape

SHAPE = Shape(files=frozenset({"photo"}), structured=frozenset({"location", "damage"}), repeated=frozenset({"damage"}))
TYPE = "multipart/form-data; boundary=limit"


def form(*parts: tuple[str, bytes] | tuple[str, bytes, str], boundary: str = "limit") -> bytes:
    """Write parts of (name, content) or (name, content, file name)."""
    lines = []
    for name, content, *file_name in parts:
        shown = f'; filename="{file_name[0]}"' if file_name else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'
        lines.append(head.encode() + content + b"\r\n")
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


def test_fields_and_files_come_out() -> None:
    body = form(
        ("notes", "Grüße\n".encode()),
        ("location", b'{"lat": 1, "lng": 2}'),
        ("damage", b'{"area": "door"}'),
        ("damage", b'[{"area": "roof"}, {"area": "tyre"}]'),
        ("photo", b"\xff\xd8one", "a.jpg"),
        ("photo", b"", "b.jpg"),
    )
    fields, digest = multipart_body.read(body, TYPE, SHAPE)
    photos = fields.pop("photo")
    assert fields == {
        "notes": "Grüße\n",
        "location": {"lat": 1, "lng": 2},
        "damage": [{"area": "door"}, {"area": "roof"}, {"area": "tyre"}],
    }
    assert all(isinstance(photo, Attachment) for photo in photos)
    assert [(photo.stream.read(), photo.size) for photo in photos] == [(b"\xff\xd8one", 5), (b"", 0)]
    assert len(digest) == 32


def test_digest_does_not_know_the_boundary() -> None:
    part = ("photo", b"bytes", "a.jpg")
    one = multipart_body.read(form(part), TYPE, SHAPE)[1]
    other = multipart_body.read(form(part, boundary="other"), "multipart/form-data; boundary=other", SHAPE)[1]
    assert one == other


@pytest.mark.parametrize(
    "parts",
    [
        [("notes", b"ab"), ("photo", b"c", "f")],
        [("notes", b"a"), ("photo", b"bc", "f")],
        [("photo", b"c", "f"), ("notes", b"ab")],
        [("notes", b"ab"), ("photo", b"d", "f")],
        [("other", b"ab"), ("photo", b"c", "f")],
    ],
)
def test_digest_knows_every_byte_and_where_it_stands(parts: list[tuple[str, bytes]]) -> None:
    first = multipart_body.read(form(("notes", b"ab"), ("photo", b"", "f")), TYPE, SHAPE)[1]
    assert multipart_body.read(form(*parts), TYPE, SHAPE)[1] != first


@pytest.mark.parametrize(
    ("body", "content_type", "refusal"),
    [
        (form(("notes", b"x")), "multipart/form-data", UnsupportedMediaType),
        (b"", TYPE, Malformed),
        (b"no form at all", TYPE, Malformed),
        (form(("notes", b"x"))[:-8], TYPE, Malformed),
        (form(("notes", b"\xff\xfe")), TYPE, Malformed),
        (form(("notes", b"1"), ("notes", b"2")), TYPE, Malformed),
        (form(("location", b"{")), TYPE, Malformed),
        (form(("notes", b"x" * (1024 * 1024 + 1))), TYPE, TooLarge),
        (form(*[("photo", b"x", "f")] * (MOST_PARTS + 1)), TYPE, TooLarge),
    ],
    ids=["no boundary", "empty", "no form", "cut off", "no UTF-8", "twice", "no JSON", "long text", "many parts"],
)
def test_what_is_no_form_is_refused(body: bytes, content_type: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        multipart_body.read(body, content_type, SHAPE)


@pytest.mark.parametrize(
    "part",
    [b'name="na\xffme"', b'name="photo"; filename="\xff.jpg"'],
)
def test_a_name_that_is_no_utf_8_is_told_in_words(part: bytes) -> None:
    body = b"--limit\r\nContent-Disposition: form-data; " + part + b"\r\n\r\nx\r\n--limit--\r\n"
    with pytest.raises(Malformed) as refused:
        multipart_body.read(body, TYPE, SHAPE)
    assert refused.value.detail == "The form cannot be read: a part's name or file name is not UTF-8."


@pytest.mark.parametrize("name", ["location", "damage"])
@pytest.mark.parametrize("text", [b"[{", b"{", b'{"lat": NaN}', b" [1,]"])
def test_json_that_is_broken_is_told_with_its_field(name: str, text: bytes) -> None:
    with pytest.raises(Malformed, match=f"The field '{name}' is not JSON"):
        multipart_body.read(form((name, text)), TYPE, SHAPE)


def test_a_plain_text_of_a_list_is_one() -> None:
    body = form(("damage", b"door"), ("damage", b'["roof"]'))
    assert multipart_body.read(body, TYPE, SHAPE)[0] == {"damage": ["door", "roof"]}


def test_a_file_input_in_which_nothing_was_chosen_is_none() -> None:
    empty, chosen = ("photo", b"", ""), ("photo", b"one", "a.jpg")
    assert multipart_body.read(form(empty), TYPE, SHAPE)[0] == {}
    (photo,) = multipart_body.read(form(empty, chosen), TYPE, SHAPE)[0]["photo"]
    assert photo.size == 3
    # an empty file that was chosen is one
    assert len(multipart_body.read(form(("photo", b"", "a.jpg")), TYPE, SHAPE)[0]["photo"]) == 1


@pytest.mark.parametrize("content", [b"\xff\xd8", b"x" * (1024 * 1024 + 1)])
def test_a_file_under_another_name_is_left_to_who_knows_the_names(content: bytes) -> None:
    part = ("photo[]", content, "a.jpg")
    fields, _ = multipart_body.read(form(part, part), TYPE, SHAPE)
    assert isinstance(fields["photo[]"], Attachment)


def test_a_text_may_come_as_a_file() -> None:
    # as browsers send what a script has made
    body = form(("location", b'{"lat": 1}', "blob"), ("notes", b"fine", "notes.txt"))
    assert multipart_body.read(body, TYPE, SHAPE)[0] == {"location": {"lat": 1}, "notes": "fine"}


@given(st.binary(max_size=400), st.text(st.characters(max_codepoint=255), max_size=40))
@example(b"--limit\r\n\r\n\r\n--limit--", "limit")
@example(b"--limit\r\nContent-Disposition: form-data\r\n\r\nx\r\n--limit--\r\n", "limit")
def test_any_bytes_are_read_or_refused(noise: bytes, boundary: str) -> None:
    for body in (noise, b"--limit\r\n" + noise + b"\r\n--limit--\r\n"):
        for content_type in (TYPE, f"multipart/form-data; boundary={boundary}"):
            try:
                fields, digest = multipart_body.read(body, content_type, SHAPE)
            except Refusal:
                continue
            assert isinstance(fields, dict)
            assert len(digest) == 32


@given(st.text(max_size=50), st.binary(max_size=300))
def test_any_names_and_contents_are_read_or_refused(name: str, content: bytes) -> None:
    head = f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode("utf-8", "surrogatepass")
    try:
        multipart_body.read(head + content + b"\r\n--limit--\r\n", TYPE, SHAPE)
    except Refusal:
        return
