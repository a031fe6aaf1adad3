"""No container engine runs here: the Dockerfiles are linted, and what they promise is read out of them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import serve
from configs.no_egress import ENVIRONMENT
from tests.deploy.files import DOCKERFILES, ROOT, instructions, last_stage, variables

pytestmark = pytest.mark.parametrize("dockerfile", DOCKERFILES)


def test_hadolint_finds_nothing(dockerfile: str) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run(
        [hadolint, "--failure-threshold", "style", ROOT / dockerfile], capture_output=True, text=True
    )
    assert (found.stdout, found.returncode) == ("", 0)


def test_nothing_is_fetched_and_nothing_compiled(dockerfile: str) -> None:
    runs = " ".join(rest for name, rest in instructions(dockerfile) if name == "RUN")
    assert not re.search(r"\b(apt-get|apk|curl|wget|git|conda)\b", runs)
    installs = re.findall(r"pip install [^&]*", runs)
    assert len(installs) == 2
    assert all("--no-index" in install and "--no-deps" in install for install in installs)
    assert "npm ci --offline" in runs


def test_the_shipped_stage_checks_that_no_compiler_is_left(dockerfile: str) -> None:
    runs = " ".join(rest for name, rest in last_stage(dockerfile) if name == "RUN")
    assert all(f"! command -v {compiler}" in runs for compiler in ("cc", "gcc", "nvcc"))
    assert "devel" not in dict(instructions(dockerfile))["FROM"]
    assert not any("devel" in rest for name, rest in instructions(dockerfile) if name == "ARG")


def test_it_runs_as_a_user_that_owns_nothing_but_its_data(dockerfile: str) -> None:
    shipped = last_stage(dockerfile)
    assert ("USER", "10001:10001") in shipped
    after = shipped[shipped.index(("USER", "10001:10001")) :]
    assert not {"RUN", "COPY"} & {name for name, _ in after}
    assert not any("--chown" in rest for name, rest in shipped if name == "COPY")


def test_one_port_and_a_health_check(dockerfile: str) -> None:
    shipped = dict(last_stage(dockerfile))
    assert shipped["EXPOSE"] == "8000"
    assert "scripts.healthcheck" in shipped["HEALTHCHECK"]
    assert shipped["ENTRYPOINT"] == '["assay"]'


def test_no_secret_is_baked_in(dockerfile: str) -> None:
    settings = " ".join(rest for name, rest in instructions(dockerfile) if name in ("ENV", "ARG"))
    assert not re.search(r"(?i)token=(?!1|token)|password|secret|api_key", settings.replace("RAY_AUTH_MODE=token", ""))


def test_what_it_copies_is_there_and_not_ignored(dockerfile: str) -> None:
    """`wheelhouse` is filled by scripts/wheelhouse; what another stage makes comes `--from` it."""
    own = [rest for name, rest in instructions(dockerfile) if name == "COPY" and "--from" not in rest]
    sources = {source for rest in own for source in rest.split()[:-1]}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for source in sources:
        assert source.startswith("wheelhouse/") or (ROOT / source).exists()
        assert any(source == each or source.startswith(f"{each}/") for each in allowed), source


def test_ray_nodes_that_others_start_have_our_variables(dockerfile: str) -> None:
    """`ray start` in a pod comes before any of our code could set them."""
    if dockerfile != "Dockerfile.gpu":
        pytest.skip("the CPU image starts its own Ray, which serve and configs give their variables")
    ours = dict(serve._RAY_ENVIRONMENT)
    ours.pop("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", None)  # keeps a local Ray on loopback; these nodes talk to others
    assert (ours | ENVIRONMENT).items() <= variables(dockerfile).items()
