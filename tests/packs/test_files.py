"""Packs as files: what is written is read again, what is wrong is told with its place, and nothing hostile gets in."""

import contextlib
import io
import re
import stat
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.packs.cases import PACK, requirement
from tracker.assets import SHIPPED
from tracker.domain.facts import DutyKind
from tracker.domain.validity import ForMonths
from tracker.packs import archives
from tracker.packs.archives import from_zip, read_files, to_zip, write_files
from tracker.packs.files import PackError, StatementKind, read_pack, write_pack
from tracker.packs.queries import shipped, shipped_names
from tracker.packs.words import FAULTS, told
from tracker.writing import Fault


def test_what_is_written_is_read_again_and_written_the_same():
    files = write_pack(PACK)
    assert read_pack(files) == PACK
    assert write_pack(read_pack(files)) == files
    assert list(files) == sorted(files)
    assert from_zip(to_zip(files)) == files
    assert to_zip(files) == to_zip(dict(reversed(files.items())))


def test_line_ends_as_browsers_send_them_are_written_as_files_have_them():
    typed = replace(PACK, requirements=(requirement(reasons={"sv": "Ett.\r\n\r\nTvå.", "en": "One."}),))
    assert read_pack(write_pack(typed)).requirements[0].reasons["sv"] == "Ett.\n\nTvå."


def test_a_folder_and_a_zip_of_it_hold_the_same(tmp_path):
    files = write_pack(PACK)
    write_files(files, tmp_path / "pack")
    write_files(files, tmp_path / "pack.zip")
    write_files(files, tmp_path / "PACK2.ZIP")
    assert [read_files(tmp_path / name) for name in ("pack", "pack.zip", "PACK2.ZIP")] == [files] * 3
    assert (tmp_path / "PACK2.ZIP").is_file()
    with pytest.raises(FileExistsError):
        write_files(files, tmp_path / "pack")
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:  # As a desktop makes it: the folder itself, with entries for folders.
        archive.writestr("min-pack/", b"")
        for name, content in files.items():
            archive.writestr(f"min-pack/{name}", content)
    assert from_zip(outer.getvalue()) == files


def test_what_a_mac_puts_beside_the_files_is_no_content(tmp_path):
    files = write_pack(PACK)
    beside = {
        "__MACOSX/": b"",
        "__MACOSX/._min-pack": b"\0\5\26\7",
        "__MACOSX/min-pack/courses/kurs/._text.sv.md": b"\0\5\26\7",
        "__MACOSX/min-pack/._.DS_Store": b"\0\5\26\7",
        "min-pack/.DS_Store": b"\0\0\0\1Bud1",
        "min-pack/courses/kurs/.DS_Store": b"\0\0\0\1Bud1",
    }
    inside = {f"min-pack/{name}": content for name, content in files.items()}
    assert from_zip(zipped(*(beside | inside).items())) == files
    write_files(files, tmp_path)
    for name in (".DS_Store", "courses/kurs/.DS_Store", "__MACOSX/._pack.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\0")
    assert read_files(tmp_path) == files


@pytest.mark.parametrize("name", shipped_names())
def test_what_comes_with_tracker_is_written_as_tracker_writes_it(name):
    files = read_files(SHIPPED / name)
    assert write_pack(read_pack(files)) == files
    pack = shipped(name)
    assert {one.course for one in pack.requirements} <= {one.code for one in pack.courses}
    for course in pack.courses:
        for module in course.modules:
            assert all(module.content.text.values())


def test_the_pack_about_information_security_tells_law_from_suggestion():
    pack = shipped("informationssakerhet")
    kinds = [one.kind for one in pack.about.statements]
    assert kinds.count(StatementKind.LAW) == 3
    assert StatementKind.SUGGESTION in kinds
    assert all(one.source for one in pack.about.statements if one.kind is StatementKind.LAW)
    suggested = " ".join(one.texts["en"] for one in pack.about.statements if one.kind is StatementKind.SUGGESTION)
    assert "twelve months" in suggested, "the interval is ours, not the law's"
    assert {one.validity for one in pack.requirements} == {ForMonths(12)}
    management = next(one for one in pack.requirements if one.code.endswith("ledning"))
    assert {line.duty for line in management.lines} == {DutyKind.UNIT_MANAGER, DutyKind.HEAD_OF_ADMINISTRATION}


def changed(path, old, new):
    files = write_pack(PACK)
    assert old in files[path], path
    return files | {path: files[path].replace(old, new, 1)}


E = "equivalences.toml"


def said(refused):
    """Return what is told of what was refused, in English as on the command line."""
    return [f"{where}: {what}" for where, what in told(refused.value.problems)]


K, Q = "courses/kurs/course.toml", "courses/kurs/test.questions.toml"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "pack.toml: The file is missing"),
        (
            changed("pack.toml", b"format = 1", b"format = 2"),
            "pack.toml: .* does not read that format. Write format = 1",
        ),
        (
            changed("pack.toml", b'name = "prov"', b'name = "../prov"'),
            "pack.toml: name is “../prov”. It must be lower-case",
        ),
        (
            changed("pack.toml", b'kind = "law"', b'kind = "rumour"'),
            "statement 1: kind is “rumour”. It must be one of: law, decision, suggestion",
        ),
        (
            changed("pack.toml", b"source", b"sourze"),
            "statement 1: sourze is not a field that belongs here. These are: kind, source, text",
        ),
        (changed(K, b"minutes = 10", b"minutes = = 10"), f"{K}: .*line 3"),
        (changed(E, b"2026-06-30", b"2026-06-31"), f"{E}: .*line .*, or a day that does not exist"),
        (changed(K, b"minutes = 10", b'minutes = "ten"'), f"{K}: minutes must be a whole number"),
        (changed(K, b"minutes = 10", b"minutes = 99999999999"), f"{K}: minutes is too large"),
        (changed(K, b"minutes = 10", b"minutes = true"), f"{K}: minutes must be a whole number"),
        (changed(K, b'kind = "course"', b'kind = "movie"'), f"{K}: kind is “movie”"),
        (changed(K, b'slug = "text"', b'slug = "borta"'), "courses/kurs/borta.sv.md: The file is missing"),
        (changed(K, b'slug = "text"', b'slug = "../text"'), "../text.sv.md: The file is missing"),
        (changed(Q, b'kind = "single"', b'kind = "guess"'), f"{Q}: question 2: kind is “guess”"),
        (
            changed(Q, b"correct = true", b'correct = "yes"'),
            f"{Q}: question 2: option 1: correct must be true or false",
        ),
        (
            changed(Q, b"correct = true", b"correct = false"),
            f"{Q}: question val: Exactly one option must be right, not 0",
        ),
        (
            changed("requirements/krav.toml", b"first_due_days = 30\n", b""),
            "requirements/krav.toml: Say by when: either first_due_days or first_due_on",
        ),
        (
            changed("requirements/krav.toml", b"code =", b"kode ="),
            "requirements/krav.toml: code is missing. Write code = ",
        ),
        (
            changed("requirements/krav.toml", b"grace_days = 0", b"grace_days = -1"),
            "requirements/krav.toml: grace_days must be at least 0",
        ),
        (
            changed("requirements/krav.toml", b'code = "krav"', b'code = " "'),
            "requirements/krav.toml: code is missing. Write code = ",
        ),
        (
            changed("requirements/krav-3.toml", b"2027-01-31", b"0001-01-31"),
            "requirements/krav-3.toml: first_due_on is too far off. Write a year from 1900 to 2199",
        ),
        (changed(E, b"2026-06-30", b"9999-12-31"), f"{E}: equivalence 3: ends_on is too far off"),
        (changed("requirements/krav-2.toml", b'"unit_manager"', b'"king"'), "audience 2: duty is “king”"),
        (
            changed("requirements/krav-2.toml", b"months = 12", b"months = 12\nweeks = 1"),
            "validity: weeks is not a field",
        ),
        (
            changed("requirements/krav-2.toml", b'code = "krav-2"', b'code = "krav"'),
            "requirements: code “krav” is there twice",
        ),
        (changed("courses/kurs/text.sv.md", b"Text", b"\xff\xfeText"), "text.sv.md: Line 1 is not UTF-8"),
        (changed("courses/kurs/ruta.svg", b"<rect", b"<script>alert(1)</script><rect"), "more than a drawing"),
        (
            changed("courses/kurs/ruta.svg", b"<rect", b'<image href="https://evil.example/x"/><rect'),
            "more than a drawing",
        ),
        (changed("courses/kurs/ruta.svg", b"<rect", b"<rect onload='x()'"), "more than a drawing"),
        (changed("courses/kurs/ruta.svg", b"<svg", b'<!DOCTYPE s [<!ENTITY a "b">]><svg'), "more than a drawing"),
        (
            changed("programme.toml", b"offset = -3", b"offset = -300"),
            "programme.toml: item 1: offset must be a number of working days from -60 to 120",
        ),
        (changed("programme.toml", b'owner = "manager"', b'owner = "king"'), "programme.toml: item 1: owner is “king”"),
        (changed("programme.toml", b'owner = "manager"\n', b""), "item 1: Say either owner or requirement"),
        (
            changed("programme.toml", b'code = "kurs"', b'code = "nycklar"'),
            "programme.toml: item: code “nycklar” is there twice",
        ),
        (
            changed("programme.toml", b'[item.title]\nsv = "', b'[item.title]\nsv = "' + b"y" * 10_000),
            "programme.toml: item 1: title: sv is too long. It has 120 characters at most",
        ),
        (
            changed(K, b'[title]\nsv = "', b'[title]\nsv = "' + b"y" * 10_000),
            f"{K}: title: sv is too long. It has 200 characters at most",
        ),
        (
            changed("requirements/krav.toml", b'[title]\nsv = "', b'[title]\nsv = "' + b"y" * 10_000),
            "requirements/krav.toml: title: sv is too long. It has 200 characters at most",
        ),
        (
            changed("requirements/krav.toml", b"first_due_days = 30", b"first_due_days = 99999"),
            "requirements/krav.toml: first_due_days is too large. It is 3650 at most",
        ),
        (
            changed("requirements/krav-2.toml", b"[[audience]]\n", b"[[audience]]\n" * 17),
            "requirements/krav-2.toml: audience is there too many times. Write it at most 20 times",
        ),
        (changed("programme.toml", b"[[item]]", b"[item]"), "programme.toml"),
        (changed(E, b'accepts = "kurs"', b'acepts = "kurs"'), f"{E}: equivalence 1: accepts is missing"),
        (
            changed(E, b'accepts = "kurs"', b'accepts = "gamla"'),
            f"{E}: equivalence 1: A course counts as itself already",
        ),
        (changed(E, b"2026-06-30", b"2025-06-30"), f"{E}: equivalence 3: ends_on is before starts_on"),
        (changed(E, b"2024-12-31", b"2025-07-01"), f"{E}: That gamla counts as kurs is said twice"),
        (write_pack(PACK) | {"people.toml": b""}, "people.toml: This is not a file that a pack has"),
        (write_pack(PACK) | {"courses/kurs/mer.md": b""}, "mer.md: The file belongs to no module"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(files, problem):
    with pytest.raises(PackError) as refused:
        read_pack(files)
    assert any(re.search(problem, one) for one in said(refused)), said(refused)


def test_every_fault_has_words():
    assert list(FAULTS) == list(Fault)


def test_everything_that_is_wrong_is_told_at_once():
    files = changed(K, b"minutes = 10", b'minutes = "ten"') | {"requirements/krav.toml": b"code = \xff"}
    with pytest.raises(PackError) as refused:
        read_pack(files)
    assert len(refused.value.problems) == 2


@settings(deadline=None)
@given(st.sampled_from(sorted(write_pack(PACK))), st.data())
def test_no_damage_to_a_file_makes_it_fail_otherwise(path, data):
    files = write_pack(PACK)
    content = bytearray(files[path])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        pack = read_pack(files | {path: bytes(content)})
    except PackError:
        return
    assert read_pack(write_pack(pack)) == pack


def zipped(*entries, **options):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", **options) as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return packed.getvalue()


def link(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def unnamed():
    entry = zipfile.ZipInfo("-")
    entry.filename = ""
    return entry


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "cannot be read"),
        (b"PK\3\4 not a zip", "cannot be read"),
        (zipped(("../../evil.toml", b"")), "'../../evil.toml': A pack’s file may not be called so"),
        (zipped(("/etc/evil.toml", b"")), "may not be called so"),
        (zipped(("a/../evil.toml", b"")), "may not be called so"),
        (zipped(("C:\\evil.toml", b"")), "may not be called so"),
        (zipped(("a\\..\\evil.toml", b"")), "may not be called so"),
        (zipped(("pack.toml#.exe", b"")).replace(b"#", b"\0"), "may not be called so"),
        (zipped((".hidden/evil.toml", b"")), "may not be called so"),
        (zipped(("__MACOSX/../../evil.toml", b"")), "may not be called so"),
        (zipped(("a/__MACOSX/evil.toml", b"")), "may not be called so"),
        (zipped(("../.DS_Store", b"")), "may not be called so"),
        (zipped((".DS_Store/evil.toml", b"")), "may not be called so"),
        (zipped(("._pack.toml", b"")), "may not be called so"),
        (zipped((link("__MACOSX/evil.toml"), b"/etc/passwd")), "This is a link"),
        (zipped(("påck.toml", b"")), "may not be called so"),
        (zipped(("kil kopia/", b"")), "'kil kopia/': A pack’s file may not be called so"),
        (zipped(("../", b"")), "may not be called so"),
        (zipped(("evil.exe", b"MZ")), "A pack does not hold files of this kind. It holds: .toml, .md"),
        (zipped(("evil.zip", b"PK")), "A pack does not hold files of this kind. It holds: .toml, .md"),
        (zipped((link("evil.toml"), b"/etc/passwd")), "'evil.toml': This is a link"),
        (zipped(("pack.toml", b""), ("PACK.toml", b"")), "PACK.toml: Two files have this name"),
        (zipped((unnamed(), b"")), "'': A pack’s file may not be called so"),
        (
            zipped(("bomb.toml", b"0" * 9_999), compression=zipfile.ZIP_BZIP2),
            "'bomb.toml': The file is packed in an un",
        ),
        (zipped(("bomb.toml", b"0" * 9_999), compression=zipfile.ZIP_LZMA), "'bomb.toml': The file is packed in an un"),
        (zipped(("bomb.toml", b"0" * 30_000_000), compression=zipfile.ZIP_DEFLATED), "unpacks to more"),
    ],
)
def test_a_hostile_zip_is_refused(content, problem):
    with pytest.raises(PackError) as refused:
        from_zip(content)
    assert any(problem in one for one in said(refused)), said(refused)


def test_the_limits_hold_whatever_the_zip_says_of_itself(monkeypatch):
    many = zipped(*((f"{number}.toml", b"") for number in range(30)))
    monkeypatch.setattr(archives, "MOST_FILES", 29)
    with pytest.raises(PackError, match="too_many_files most=29"):
        from_zip(many)
    monkeypatch.setattr(archives, "MOST_BYTES", 100)
    with pytest.raises(PackError, match="inflated"):
        from_zip(zipped(("a.toml", b"x" * 60), ("b.toml", b"y" * 60)))
    encrypted = bytearray(zipped(("a.toml", b"x")))
    for at in (encrypted.index(b"PK\3\4") + 6, encrypted.index(b"PK\1\2") + 8):
        encrypted[at] |= 1
    with pytest.raises(PackError, match="encrypted"):
        from_zip(bytes(encrypted))


@given(st.binary(max_size=300))
def test_no_bytes_make_the_zip_reader_fail_otherwise(noise):
    good = to_zip(write_pack(replace(PACK, courses=(), requirements=())))
    for content in (noise, good[: len(noise)] + noise + good[len(noise) :], b"PK\3\4" + noise):
        with contextlib.suppress(PackError):
            from_zip(content)


def test_a_folder_with_a_link_in_it_is_refused(tmp_path):
    write_files(write_pack(PACK), tmp_path / "pack")
    (tmp_path / "pack" / "secret.toml").symlink_to("/etc/passwd")
    with pytest.raises(PackError, match=r"secret\.toml: link"):
        read_files(tmp_path / "pack")
    with pytest.raises(PackError, match="not_there"):
        read_files(tmp_path / "nothing")
