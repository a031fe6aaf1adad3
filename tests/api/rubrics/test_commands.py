"""`assay calibrate` and `assay rescore`, as an operator meets them, over both databases."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import skimage.data
import yaml
from sqlalchemy.engine import URL
from typer.testing import CliRunner

from api.credits.check import check
from api.dispatcher import Dispatcher
from api.ids import new_id
from api.rubrics.scope import Scope
from api.rubrics.service import store_rubric
from api.services import Services
from api.tables import RubricActivation
from pipeline.rubric import Rubric, load_rubric
from scripts.cli import build
from scripts.user_errors import UserError
from tests.api.conftest import Client, WorkerClient
from tests.api.rubrics.collected import collect
from tests.api.rubrics.witness import RUBRIC, lenient, photo, submit_photo
from tests.api.story import post_job, submit
from tests.pipeline.labelled import photos, threshold

pytestmark = pytest.mark.anyio

VERSION = r"rub_[0-9A-Z]{26}"


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    error: str
    """The one line that the caller reads when it got something wrong."""


Assay = Callable[..., Awaitable[Ran]]


@pytest.fixture
def assay(db_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assay:
    """The command line in a thread of this process: a process of its own takes seconds to import everything."""
    monkeypatch.setenv("ASSAY_DATABASE__URL", db_url.render_as_string(hide_password=False))
    monkeypatch.setenv("ASSAY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "240")

    async def assay(*arguments: str) -> Ran:
        result = await asyncio.to_thread(CliRunner().invoke, build([*arguments]), [*arguments])
        if isinstance(result.exception, UserError):
            return Ran(2, result.stdout, str(result.exception))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, "")

    return assay


async def test_reviews_move_the_threshold_and_later_scores_name_the_version(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    assay: Assay,
    tmp_path: Path,
) -> None:
    """People approve from a standard score of 4.5; the shipped rubric does from 2.77."""
    job = await post_job(http, organization, quantity=300)
    await collect(services, job["id"], photos(200, approved_above=4.5, hesitation=0.2))
    doubtful = await submit_photo(http, services, worker, job["id"], 3.6, seed=1)
    assert doubtful["status"] == "approved"

    page, written = tmp_path / "calibration.html", tmp_path / "refitted.yaml"
    scope = ("--organization", organization.id, "--job-type", "image")
    done = await assay("calibrate", *scope, "--store", "--out", str(written), "--report", str(page))
    assert done.code == 0, done.out
    assert "better: on held-out files it corrects" in done.out
    stored = re.search(rf"stored: ({VERSION}); it scores from", done.out)
    assert stored, done.out
    version = stored[1]
    fitted = load_rubric(written)
    assert threshold(fitted) == pytest.approx(4.5, abs=0.4)
    assert "<script" not in page.read_text()
    assert "Reliability" in page.read_text()

    still = await submit_photo(http, services, worker, job["id"], 3.6, seed=2)
    assert still["status"] == "approved"  # a version that is stored scores nothing yet
    shadowed = await assay("calibrate", "shadow", version)
    assert re.search(r"202 files: \d+ approved now, \d+ by rub_", shadowed.out), shadowed.out

    assert (await assay("calibrate", "activate", version, "--reason", "reviews of May")).code == 0
    later = await submit_photo(http, services, worker, job["id"], 3.6, seed=3)
    shown = (await http.get(f"/v1/submissions/{later['id']}", headers=organization.headers)).json()
    named = shown["score_breakdown"]["evidence"]["rubric"]
    assert later["status"] in ("rejected", "retry_pending")
    assert (named["version"], named["digest"]) == (version, fitted.digest)
    listed = (await assay("calibrate", "list")).out
    assert re.search(rf"{version} .* fitted .* shipped .* active", listed), listed
    told = json.loads((await assay("calibrate", "show", version)).out)
    assert Rubric.model_validate(told["rubric"]).digest == told["digest"] == fitted.digest
    assert told["parent"] == {"version": "shipped", "digest": RUBRIC.digest}
    assert told["fitted_on"]["labels"] == 200
    assert [one["reason"] for one in told["activations"]] == ["reviews of May"]

    assert (await assay("calibrate", "deactivate", *scope, "--reason", "roll-back")).code == 0
    again = await submit_photo(http, services, worker, job["id"], 3.6, seed=4)
    assert again["status"] == "approved"
    assert await check(services.db) == []


async def test_too_few_labels_move_nothing(
    http: httpx.AsyncClient, services: Services, organization: Client, assay: Assay, tmp_path: Path
) -> None:
    job = await post_job(http, organization, quantity=60)
    await collect(services, job["id"], photos(30, approved_above=4.5))
    done = await assay("calibrate", "--store", "--out", str(tmp_path / "none.yaml"))
    assert (done.code, (tmp_path / "none.yaml").exists()) == (1, False)
    assert "too few labels, so the rubric stays: " in done.out
    told = json.loads((await assay("calibrate", "--organization", organization.id, "--json")).out)
    assert (told["verdict"], told["version"], told["labels"]) == ("too_few", None, 30)
    for arguments, message in (
        (("calibrate", "--organization", "org_nobody"), "there is no organization org_nobody"),
        (("calibrate", "activate", "rub_nobody"), "there is no rubric rub_nobody"),
        (("calibrate", "deactivate"), "no version is active for all jobs of all organizations"),
        (
            ("calibrate", "--organization", organization.id, "deactivate"),
            "before it there were: --organization",
        ),
        (
            ("calibrate", "--activate", "--report", "/nowhere/report.html"),
            "there is no folder /nowhere for report.html",
        ),
        (("rescore",), "give --job"),
        (("rescore", "--job", "job_nobody"), "there is no job job_nobody"),
        (("rescore", "--job", job["id"], "--rubric", "rub_nobody"), "there is no rubric rub_nobody"),
        (("rescore", "--job", job["id"], "--rubric", "nowhere.yaml"), "there is no file nowhere.yaml"),
        (("rescore", "--job", job["id"], "--weights", "taste=good"), "--weights takes ROLE=NAME with one of"),
    ):
        refused = await assay(*arguments)
        assert (refused.code, refused.out) == (2, ""), refused
        assert message in refused.error


async def test_a_version_of_another_release_is_told_and_not_used(
    services: Services, organization: Client, assay: Assay
) -> None:
    scope = Scope(organization.id, "image")
    async with services.db.write() as session:
        stored = store_rubric(session, lenient(1.0), scope=scope, parent=RUBRIC, origin="file", actor="operator")
        stored.document = {name: value for name, value in stored.document.items() if name != "video"}
        await session.flush()
        activation = RubricActivation(id=new_id("act"), organization_id=organization.id, content_type="image")
        activation.rubric_id, activation.actor = stored.id, "operator"
        session.add(activation)
    assert "active, of another release: shipped scores" in " ".join((await assay("calibrate", "list")).out.split())
    for command in (("calibrate", "activate", stored.id), ("calibrate", "shadow", stored.id)):
        refused = await assay(*command)
        assert refused.code == 2
        assert f"{stored.id} is of another release (video: Field required)" in refused.error


async def test_a_job_is_scored_again_by_a_file(
    http: httpx.AsyncClient, services: Services, organization: Client, assay: Assay, tmp_path: Path
) -> None:
    job = await post_job(http, organization, quantity=60)
    await collect(services, job["id"], photos(40), reviewed=False)
    before = (await http.get("/v1/billing/credits", headers=organization.headers)).json()
    stricter = tmp_path / "stricter.yaml"
    stricter.write_text(yaml.safe_dump(lenient(-2.5).model_dump(mode="json")))
    how = ("rescore", "--job", job["id"], "--rubric", str(stricter))

    planned = await assay(*how)
    assert planned.code == 0, planned.error
    assert re.search(r"40 submissions, \d+ change, \d+ disputed; nothing was written", planned.out)
    lines = [json.loads(line) for line in (await assay(*how, "--json")).out.splitlines()]
    summary = lines[-1]["summary"]
    assert (len(lines), summary["files"], summary["applied"]) == (41, 40, False)
    assert summary["disputed"] == sum(line["disputed"] for line in lines[:-1]) > 0

    applied = await assay(*how, "--apply")
    assert f"{summary['disputed']} disputed; no money moved" in applied.out
    assert re.search(rf"{job['id']} by {VERSION}", applied.out)
    listed = (await assay("rescore", "disputed", "--job", job["id"])).out
    assert len(re.findall(r"^sub_\w+  approved, 50 credits paid, [12] stars now", listed, re.M)) == summary["disputed"]
    after = (await http.get("/v1/billing/credits", headers=organization.headers)).json()
    assert (after["available_credits"], after["held_credits"]) == (before["available_credits"], before["held_credits"])
    assert await check(services.db) == []
    audit = (await http.get(f"/v1/jobs/{job['id']}/audit?limit=1", headers=organization.headers)).json()["data"]
    assert (audit[0]["action"], audit[0]["details"]["disputed"]) == ("job.rescored", summary["disputed"])

    otherwise = tmp_path / "otherwise.yaml"
    otherwise.write_text(yaml.safe_dump(RUBRIC.model_copy(update={"unsafe_labels": {}}).model_dump(mode="json")))
    refused = await assay("rescore", "--job", job["id"], "--rubric", str(otherwise))
    assert (refused.code, "(unsafe_labels)" in refused.error) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_models_look_again_at_what_is_stored(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, assay: Assay
) -> None:
    """The engine of the test found the photo off topic; the real models see what it shows."""
    job = await post_job(http, organization, description="Take a clear photo of a cup of coffee.")
    await submit(http, worker, job["id"], photo(-1.0, of=skimage.data.coffee()))
    await Dispatcher(services).drain()
    unnamed = await assay("rescore", "--job", job["id"], "--models", "--apply")
    assert "name the profile whose models are to write scores" in unnamed.error
    again = await assay("rescore", "--job", job["id"], "--models", "--apply", "--json", "--profile", "embedded")
    change, summary = (json.loads(line) for line in again.out.splitlines())
    assert (change["status"], change["stars_before"], change["would_be"]) == ("rejected", 1, "approved")
    assert (change["stars_after"] >= 4, change["disputed"], summary["summary"]["disputed"]) == (True, True, 1)
    shown = (await http.get(f"/v1/submissions/{change['submission_id']}", headers=organization.headers)).json()
    assert (shown["status"], shown["score"]) == ("rejected", change["stars_after"])
    assert "espresso" in shown["score_breakdown"]["evidence"]["match"]["looks_like"]
