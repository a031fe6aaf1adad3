"""No method of the clients is left out of the tests beside this one, and no operation out of the clients."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from assay_sdk import ApiError, AsyncClient, AsyncWorkerClient, Client, WorkerClient

from tests.sdk_python.conftest import new_picture

UNSERVED = {"/healthz", "/readyz", "/metrics", "/v1/billing/stripe/webhook", "/v1/auth/signup"}
"""Not for clients that have a key: of operators, of the payment provider, before there is one."""


def methods(client: Any) -> set[str]:
    """`jobs_create` and so on."""
    own = {name for name, _ in inspect.getmembers(client, inspect.ismethod)}
    nouns = {name: noun for name, noun in vars(client).items() if not name.startswith("_")}
    deep = {f"{name}_{one}" for name, noun in nouns.items() for one, _ in inspect.getmembers(noun, inspect.ismethod)}
    return {name for name in own | deep if not name.startswith("_") and "__" not in name}


def test_every_method_is_tested() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    tested = set(re.findall(r"^def test_(\w+)", tests, re.MULTILINE))
    clients = methods(Client("fh_test_x")), {f"worker_{name}" for name in methods(WorkerClient("wk_x"))}
    for names in clients:
        assert names - tested == set()
    assert clients[0] == methods(AsyncClient("fh_test_x"))
    assert clients[1] == {f"worker_{name}" for name in methods(AsyncWorkerClient("wk_x"))}


def test_every_operation_of_the_contract_is_reached(tmp_path: Path) -> None:
    """By calling every method once with something for each argument that it must have."""
    asked: set[tuple[str, str]] = set()

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.add((request.method, request.url.path))
        return httpx.Response(418)

    transport = httpx.MockTransport(refuse)
    for client in (Client("fh_test_x", transport=transport), WorkerClient("wk_x", transport=transport)):
        for method in _methods(client):
            if method.__name__ != "close":
                with pytest.raises(ApiError):
                    method(**_something(method, new_picture(tmp_path)))
    document = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text())
    offered = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    missed = {one for one in offered if one[1] not in UNSERVED and not any(_is(one, other) for other in asked)}
    assert missed == set()


def _methods(client: Any) -> Iterator[Callable[..., Any]]:
    for holder in (client, *(noun for name, noun in vars(client).items() if not name.startswith("_"))):
        for name, method in inspect.getmembers(holder, inspect.ismethod):
            if not name.startswith("_"):
                yield method


def _something(method: Callable[..., Any], path: Path) -> dict[str, Any]:
    needed = {
        name: parameter.annotation
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is parameter.empty
    }
    return {name: path if Path in get_args(kind) else 1 if kind is int else "x" for name, kind in needed.items()}


def _is(operation: tuple[str, str], asked: tuple[str, str]) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", operation[1])
    return operation[0] == asked[0] and re.fullmatch(pattern, asked[1]) is not None
