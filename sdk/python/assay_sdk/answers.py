"""Reading answers: the body of a success as a model."""

from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from assay_sdk.errors import InvalidResponse

M = TypeVar("M", bound=BaseModel)


def parse(response: httpx.Response, model: type[M]) -> M:
    """The body of a success.

    Raises:
        InvalidResponse: it is not what the contract says.
    """
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        where = f"{response.request.method} {response.request.url.path}"
        raise InvalidResponse(f"{where} was not answered with a {model.__name__}: {error}") from error
