"""What is taken as a certificate, what is not, and what is left of it."""

import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.uploads.samples import PDF, chunk, exif, jpeg, png, segment
from tracker.uploads.files import CertificateContent, FileProblem, UnusableFileError, read_certificate

ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w") as archive:
    archive.writestr("evil.txt", "x")


def problem(content: bytes) -> FileProblem:
    with pytest.raises(UnusableFileError) as refused:
        read_certificate(content)
    return refused.value.problem


@pytest.mark.parametrize(
    ("content", "media_type"), [(PDF, "application/pdf"), (png(), "image/png"), (jpeg(), "image/jpeg")]
)
def test_what_is_plain_is_taken_as_it_is(content, media_type):
    assert read_certificate(content) == CertificateContent(media_type, content)
    assert re.fullmatch("[0-9a-f]{64}", read_certificate(content).sha256)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", FileProblem.EMPTY),
        (b"\0\n ", FileProblem.EMPTY),
        (b"MZ\x90\0\3\0\0\0", FileProblem.UNKNOWN),
        (b"\x7fELF\2\1\1", FileProblem.UNKNOWN),
        (b"#!/bin/sh\n", FileProblem.UNKNOWN),
        (b"<!doctype html><script>alert(1)</script>", FileProblem.UNKNOWN),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', FileProblem.UNKNOWN),
        (b"GIF89a\1\0\1\0", FileProblem.UNKNOWN),
        (ZIP.getvalue(), FileProblem.UNKNOWN),
        (b"<script>" + PDF, FileProblem.UNKNOWN),
        (PDF[:-20], FileProblem.BROKEN),
        (PDF + b"<script>alert(1)</script>", FileProblem.BROKEN),
        (PDF + ZIP.getvalue(), FileProblem.BROKEN),
        (PDF[:-6] + ZIP.getvalue() + b"\n%%EOF", FileProblem.BROKEN),
        (PDF.replace(b"/Pages 2", b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/Pages 2"), FileProblem.ACTIVE),
        (PDF.replace(b"/Pages 2", b"/A<</S/J#61vaScr#69pt>>/Pages 2"), FileProblem.ACTIVE),
        (PDF.replace(b"/Pages 2", b"/A<</S/Launch/F(cmd.exe)>>/Pages 2"), FileProblem.ACTIVE),
        (PDF.replace(b"/Pages 2", b"/Names<</EmbeddedFiles 9 0 R>>/Pages 2"), FileProblem.ACTIVE),
        (png()[:-9], FileProblem.BROKEN),
        (png().replace(b"\x80", b"\x81", 1)[:40] + b"\0" + png()[41:], FileProblem.BROKEN),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), FileProblem.BROKEN),
        (png(width=20_000, height=20_000), FileProblem.TOO_DETAILED),
        (png(width=0), FileProblem.TOO_DETAILED),
        (jpeg()[:-2], FileProblem.BROKEN),
        (b"\xff\xd8\xff\xd9", FileProblem.BROKEN),
        (b"\xff\xd8\xff\xe0", FileProblem.BROKEN),
        (jpeg(width=60_000, height=60_000), FileProblem.TOO_DETAILED),
    ],
)
def test_what_is_not_a_certificate_is_told_by_its_content(content, why):
    assert problem(content) is why


def test_a_picture_leaves_behind_who_took_it_where_and_what_was_hidden_in_it():
    secret = b"<?php system($_GET[0]); ?> HemligPlats"
    loaded = png(chunk(b"tEXt", secret), chunk(b"eXIf", secret), chunk(b"zzZz", secret), after=secret)
    assert read_certificate(loaded).content == png()
    loaded = jpeg(segment(0xFE, secret), segment(0xE2, secret), segment(0xE1, secret), after=secret + ZIP.getvalue())
    assert read_certificate(loaded).content == jpeg()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stays_the_right_way_up(order, orientation):
    kept = read_certificate(jpeg(exif(orientation, order))).content
    assert b"Hemlig" not in kept
    assert (b"Exif" in kept) is (orientation != 1)
    # The small segment that is left says the same when it is read again.
    assert read_certificate(kept).content == kept


def test_what_browsers_make_of_a_cleaned_picture_is_what_it_was():
    """Progressive pictures have several scans; padding and fill bytes are allowed between segments."""
    several = jpeg().replace(b"\xff\xd9", b"\xff\xff\xff\xda\0\x08\1\1\0\0\x3f\0\x11\x22\xff\xd9")
    assert read_certificate(several).content.count(b"\xff\xda") == 2


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_otherwise(noise):
    for content in (noise, b"\xff\xd8\xff" + noise, b"\x89PNG\r\n\x1a\n" + noise, b"%PDF-1.7" + noise):
        try:
            kept = read_certificate(content)
        except UnusableFileError:
            continue
        assert read_certificate(kept.content) == kept


@given(st.sampled_from([PDF, png(), jpeg(), jpeg(exif(6))]), st.data())
def test_no_damage_makes_it_fail_otherwise(content, data):
    """Cut anywhere, or with any bytes changed: it is refused, or what is kept is taken again as it is."""
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(damaged[: data.draw(st.integers(1, len(damaged)))])
    try:
        kept = read_certificate(damaged)
    except UnusableFileError:
        return
    assert kept.media_type in {"application/pdf", "image/png", "image/jpeg"}
    assert read_certificate(kept.content) == kept
