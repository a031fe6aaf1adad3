"""The TypeScript SDK's own checks: types, build, and its tests against a server process, in Node and in Chromium."""

import pytest

from tests.sdk_typescript.installed import NEEDS_NPM, NPM, fetch_tools, folder_alone, npm

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NPM is None, reason=NEEDS_NPM)]


def test_the_package() -> None:
    fetch_tools()
    with folder_alone():
        npm("test")
