"""What all resources have in common."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict


class Resource(BaseModel):
    """A value of the server. Unknown fields are kept, so that a newer server can be read."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True, protected_namespaces=())

    def received(self) -> dict[str, Any]:
        """What the server sent, as JSON has it: no field is added, none is lost."""
        return self.model_dump(mode="json", exclude_unset=True)


class OpenResource(Resource):
    """A value whose fields depend on the server and its models: any may be asked for."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
