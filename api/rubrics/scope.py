"""Which jobs a version of the rubric is for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Jobs of one organization or of all, of one content type or of all."""

    organization_id: str | None = None
    content_type: str | None = None
    """`image`, `audio` or `video`."""

    def __str__(self) -> str:
        return f"{self.content_type or 'all'} jobs of {self.organization_id or 'all organizations'}"

    @property
    def widening(self) -> tuple["Scope", ...]:
        """The scope and those that hold where it has no version: an organization's wish goes before a job type's."""
        steps = (
            self,
            Scope(self.organization_id, None),
            Scope(None, self.content_type),
            Scope(),
        )
        return tuple(dict.fromkeys(steps))
