"""The OpenAPI document: fresh, and it says of every route what the route does."""

from collections import Counter
from typing import Any

import pytest

from api.app import create_app
from api.start import make_services
from configs.settings import Settings
from scripts.openapi import PAGE, document
from tests.api.routes import Route, routes_of
from tests.api.scripted import ScriptedEngine

READING_POSTS = {"refresh_url", "score_file", "receive_stripe_event"}
"""They change nothing of the caller's, so a repetition is harmless by itself; Stripe's events have ids of their own."""
SCHEMES = {"client": [{"ApiKey": []}], "worker": [{"WorkerToken": []}], "nobody": None}


@pytest.fixture
def described(settings: Settings) -> list[tuple[Route, dict[str, Any]]]:
    """Every route with its operation of the document."""
    app = create_app(make_services(settings, ScriptedEngine()))
    paths = app.openapi()["paths"]
    return [(route, paths[route.path][route.method.lower()]) for route in routes_of(app)]


def test_the_checked_in_document_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), "run python -m scripts.openapi"


def test_operations_have_a_name_of_their_own_and_a_summary(described: list[Any]) -> None:
    names = Counter(operation["operationId"] for _, operation in described)
    assert [name for name, count in names.items() if count > 1] == []
    assert [str(route) for route, operation in described if not operation.get("summary")] == []
    assert [str(route) for route, operation in described if not operation.get("description")] == []


def test_security_is_that_of_the_route(described: list[Any]) -> None:
    wrong = [str(route) for route, operation in described if operation.get("security") != SCHEMES[route.caller]]
    assert wrong == []


def test_every_route_under_v1_knows_its_caller(described: list[Any]) -> None:
    open_to_all = {route.name for route, _ in described if route.caller == "nobody"}
    assert open_to_all == {"healthz", "readyz", "metrics", "sign_up", "receive_stripe_event"}
    assert [str(route) for route, _ in described if route.caller == "client" and route.scope is None] == []


def test_mutating_posts_take_an_idempotency_key(described: list[Any]) -> None:
    without = {route.name for route, _ in described if route.method == "POST" and not route.takes_idempotency_key}
    assert without == READING_POSTS
    for route, operation in described:
        named = [one["name"] for one in operation.get("parameters", ())]
        assert ("idempotency-key" in named) == route.takes_idempotency_key, route


def test_errors_are_documented_in_the_shape_of_the_contract(described: list[Any]) -> None:
    for route, operation in described:
        expected = {500, 503} if route.name in ("healthz", "readyz", "metrics") else {400, 413, 429, 500, 503}
        expected |= {401, 403} if route.caller != "nobody" else set()
        expected |= {404} if route.ids else set()
        expected |= {409} if route.method not in ("GET", "HEAD") or route.name == "get_parted_upload" else set()
        expected |= {422} if route.takes_idempotency_key else set()
        expected |= {415} if "requestBody" in operation else set()
        assert expected <= {int(status) for status in operation["responses"]}, route
        errors = {status: one for status, one in operation["responses"].items() if int(status) >= 400}
        of_another_shape = [status for status, one in errors.items() if "$ref" not in one]
        assert of_another_shape == (["503"] if route.name == "readyz" else []), route


def test_successes_are_those_of_the_contract(described: list[Any]) -> None:
    """201 for what makes something, 204 without a body for what deletes or revokes, 200 for all else."""
    for route, operation in described:
        (status,) = [int(status) for status in operation["responses"] if int(status) < 300]
        makes = route.method == "POST" and route.name.split("_")[0] in (
            "create",
            "export",
            "accept",
            "sign",
            "purchase",
        )
        ends = route.method == "DELETE" or route.name.startswith("revoke")
        assert status == (201 if makes else 204 if ends else 200), route
        assert ("content" in operation["responses"][str(status)]) == (status != 204), route
