"""The TypeScript SDK's own checks: types, build, and its tests against a server process, in Node and in Chromium."""

import pytest

from tests.sdk_typescript.installed import NEEDS_NPM, NPM, fetch_tools, npm

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NPM is None, reason=NEEDS_NPM)]


def test_the_package() -> None:
    fetch_tools()
    npm("test")
