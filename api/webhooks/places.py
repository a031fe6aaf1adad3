"""Who gets the sender's places: nobody's hanging endpoints take all of them, and who has the fewest comes first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Due(NamedTuple):
    """A delivery whose time has come."""

    id: str
    endpoint_id: str
    organization_id: str


@dataclass(slots=True)
class Places:
    """Free places, and what is under way in the others."""

    free: int
    per_endpoint: int
    """Deliveries to one endpoint at a time."""
    per_organization: int
    """Deliveries to all endpoints of one organization at a time."""
    endpoints: Counter[str] = field(default_factory=Counter)
    """Deliveries under way or taken, by endpoint."""
    organizations: Counter[str] = field(default_factory=Counter)
    """Likewise, by organization."""
    taken: list[str] = field(default_factory=list)
    """Ids of the deliveries that get a place."""

    def hold(self, endpoint_id: str, organization_id: str) -> None:
        """Count a delivery that is under way."""
        self.endpoints[endpoint_id] += 1
        self.organizations[organization_id] += 1

    def take(self, due: Sequence[Due], most: int) -> None:
        """Give places to deliveries, those that wait longest first: one to each organization, then two, to `most`."""
        for count in range(most):
            for one in due:
                if self.free and self.organizations[one.organization_id] <= count and self._has_room(one):
                    self.hold(one.endpoint_id, one.organization_id)
                    self.taken.append(one.id)
                    self.free -= 1

    def full_endpoints(self) -> list[str]:
        return _at_least(self.endpoints, self.per_endpoint)

    def organizations_with(self, count: int) -> list[str]:
        """Those that have so many deliveries under way or taken, or more."""
        return _at_least(self.organizations, count)

    def _has_room(self, one: Due) -> bool:
        return self.endpoints[one.endpoint_id] < self.per_endpoint and one.id not in self.taken


def _at_least(counted: Counter[str], count: int) -> list[str]:
    return [name for name, found in counted.items() if found >= count]


def places_of(count: int, busy: Iterable[tuple[str, str]], *, per_endpoint: int, per_organization: int) -> Places:
    """So many free places beside what is under way: an endpoint and its organization for each delivery."""
    places = Places(count, per_endpoint, per_organization)
    for endpoint_id, organization_id in busy:
        places.hold(endpoint_id, organization_id)
    return places
