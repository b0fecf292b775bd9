"""The certificate as a document: a tagged PDF (PDF/UA-1), and the code with which anyone can check it."""

import io
import json
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import segno
import typst

TEMPLATE = Path(__file__).with_name("certificate.typ")

CODE_LENGTH = 12
# What is never in a code, as what it is most likely to have been read from.
_LOOK_ALIKES = str.maketrans({"0": "Q", "O": "Q", "1": "J", "I": "J", "L": "J", "U": "V"})


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything the document says, in the reader's language."""

    locale: str
    document_title: str
    municipality: str
    heading: str
    lead_in: str
    holder: str
    has_completed: str
    course: str
    facts: tuple[tuple[str, str], ...]  # label and value
    code_label: str
    code: str
    check_text: str
    check_url: str
    qr_description: str


def normalised_code(written: str) -> str | None:
    """Return a certificate's code from how someone wrote it, or None if it cannot be one.

    Capitals, hyphens and blanks do not matter; letters and digits that no code holds are taken for what they look like.
    """
    letters = "".join(letter for letter in unicodedata.normalize("NFKC", written).upper() if letter.isalnum())
    letters = letters.translate(_LOOK_ALIKES)
    if len(letters) != CODE_LENGTH or not letters.isascii():
        return None
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def pdf(wording: Wording, *, issued_on: date) -> bytes:
    """Return the certificate as a PDF: A4, tagged, with only the fonts that come with the typesetter.

    The same words and day give the same bytes. The last ones made are remembered.
    """
    return _compiled(json.dumps({**asdict(wording), "issued_on": issued_on.timetuple()[:3]}, ensure_ascii=False))


@lru_cache(maxsize=32)
def _compiled(said: str) -> bytes:
    """Everything goes to the typesetter as data: nothing that a person or a course is called can be taken for markup."""
    data = json.loads(said)
    data["qr"] = _qr(data["check_url"])
    return typst.compile(
        str(TEMPLATE),
        format="pdf",
        sys_inputs={"certificate": json.dumps(data, ensure_ascii=False)},
        pdf_standards="ua-1",
        ignore_system_fonts=True,
    )


def _qr(url: str) -> str:
    drawing = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        drawing, kind="svg", border=0, dark="#14304a", xmldecl=False, omitsize=True
    )
    return drawing.getvalue().decode()
