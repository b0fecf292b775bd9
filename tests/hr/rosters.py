"""Rosters as files, made up row by row."""

import io
import zipfile

HEADINGS = (
    "Anstnr;Förnamn;Efternamn;E-post;Enhetskod;Enhet;Överordnad enhetskod;Befattningskod;Befattning;Anställningsform;"
    "Sysselsättningsgrad;Anställd fr o m;Anställd t o m;Chef anstnr;Frånvaro fr o m;Frånvaro t o m;Skyddad identitet"
)


def line(number="1", given="Anna", family="Åkesson", unit="10", **says):
    """Return a row of a roster; `says` are the columns by the names below, in the order of the file."""
    values = {
        "number": number,
        "given": given,
        "family": family,
        "email": "",
        "unit": unit,
        "unit_name": f"Enhet {unit}",
        "parent": "",
        "code": "207",
        "title": "Undersköterska",
        "kind": "Tillsvidare",
        "percent": "100,00",
        "starts": "2020-01-01",
        "ends": "",
        "manager": "",
        "away": "",
        "back": "",
        "protected": "N",
    }
    assert says.keys() <= values.keys()
    return ";".join((values | says).values())


def content(*lines: str) -> bytes:
    return "\r\n".join((HEADINGS, *lines)).encode("cp1252")


def damaged_zip(at: int, byte: int) -> bytes:
    """Return a zip in which one byte of what it says of its file is another."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("å", b"")
    damaged = bytearray(packed.getvalue())
    damaged[damaged.index(b"PK\1\2") + at] = byte
    return bytes(damaged)
