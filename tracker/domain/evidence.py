"""How strongly a completion is proved."""

from enum import StrEnum


class Evidence(StrEnum):
    """What proves a completion, weakest first."""

    SELF_DECLARED = "self_declared"
    BROWSER_REPORTED = "browser_reported"  # a SCORM or other client-side package said so
    READ_AND_ACKNOWLEDGED = "read_and_acknowledged"
    GRADED = "graded"  # the server marked a test
    ATTESTED = "attested"  # a named other person signed
    VERIFIED = "verified"  # an external certificate that someone checked

    def __init__(self, _value: str) -> None:
        self.strength = len(type(self).__members__)
        """How strong this is; 0 is the weakest."""

    def satisfies(self, minimum: "Evidence") -> bool:
        """Say whether this is at least as strong as the minimum."""
        return self.strength >= minimum.strength
