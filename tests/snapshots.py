"""What people read, compared with files that a reviewer reads."""

import os
import re
from pathlib import Path


def is_as_in(file: Path, text: str) -> None:
    """Compare with a file that people read. Write it anew with TRACKER_SNAPSHOTS=write, and look at the difference."""
    text = re.sub("[0-9a-f]{20}", "<id>", text)
    if os.environ.get("TRACKER_SNAPSHOTS") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
