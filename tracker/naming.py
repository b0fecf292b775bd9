"""How a person's name may be shown."""

from typing import Protocol

from tracker.permissions import Viewer


class Named(Protocol):
    """A person, or a row of a list with what is needed to name one."""

    @property
    def id(self) -> int:
        """The person's id, to tell whether the viewer is the person."""
        ...

    @property
    def given_name(self) -> str:
        """The given name."""
        ...

    @property
    def family_name(self) -> str:
        """The family name."""
        ...

    @property
    def employee_number(self) -> str:
        """The number shown instead of a protected name."""
        ...

    @property
    def protected_identity(self) -> bool:
        """Whether the name is protected."""
        ...


def shown_name(person: Named, viewer: Viewer | None, *, protected: str, survivor: Named | None = None) -> str:
    """Return a person's name as a viewer may see it: `protected` and the employee number for a protected identity.

    `protected` is "Skyddad identitet" in the reader's language. Only the person sees their own name.
    `survivor` is whom they were merged into: one and the same person, so that one name would give away the other.
    """
    own = None if viewer is None else viewer.person_id
    if any(one.protected_identity and one.id != own for one in (person, survivor or person)):
        return f"{protected} ({person.employee_number})"
    return f"{person.given_name} {person.family_name}"
