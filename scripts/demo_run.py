"""The demo: the whole story over HTTP, from signup to delivered files, with a check of everything that it shows."""

import asyncio
import json
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from configs.settings import load_settings
from scripts.demo_client import REWARD, Buyer, Careless, Person, Scored, send_all
from scripts.demo_jobs import DemoJob, Submission, demo_jobs
from scripts.demo_media import SpeechMissingError
from scripts.demo_stack import Receiver, StackFailed, receiving, running_stack
from scripts.report import Entry, write_report
from scripts.tables import stars

SHOWN_ITEMS = 3
"""Entries of a list that are printed; the files hold all of them."""
PIPE_COLUMNS = 160
"""Width where there is no terminal to ask, as in the log of a CI run."""
CAREFUL = "Ada"

console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)


class Checks:
    """What has to hold, and what does not."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def that(self, holds: bool, what: str) -> None:
        """Print it, and remember it when it does not hold."""
        console.print(Text(f"{'✓' if holds else '✕'} {what}", style="green" if holds else "red"))
        if not holds:
            self.failures.append(what)


def main(
    once: Annotated[bool, typer.Option("--once", help="End by itself: 0 when everything is as expected.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where media and results go.", show_default=False)] = None,
    profile: Annotated[str, typer.Option(help="Profile name or the path of a .yaml file.")] = "embedded",
) -> None:
    """Start the stack, post jobs, send good and bad files to them, and show what comes of it."""
    folder = out or load_settings(profile).data_dir / "demo"
    jobs = demo_jobs()
    media = _make_media(jobs, folder / "media")
    shutil.rmtree(folder / "state", ignore_errors=True)
    started_at = perf_counter()
    checks = Checks()
    try:
        with receiving() as receiver, running_stack(folder / "state", profile, _dim) as url:
            console.print(f"ready at {url} after {perf_counter() - started_at:.0f} s")
            asyncio.run(_story(url, receiver, jobs, media, folder, checks))
            if not once:
                _linger(url)
    except StackFailed as error:
        console.print(Text(f"the stack did not start:\n{error}", style="red"))
        raise typer.Exit(1) from None
    console.rule()
    console.print(f"{len(checks.failures)} checks failed" if checks.failures else "Everything held.")
    raise typer.Exit(1 if checks.failures else 0)


async def _story(
    url: str,
    receiver: Receiver,
    jobs: Sequence[DemoJob],
    media: dict[Submission, Path],
    folder: Path,
    checks: Checks,
) -> None:
    console.rule("a client signs up, hires a worker and posts jobs")
    buyer = await Buyer.sign_up(url)
    await buyer.listen(receiver)
    careful, careless = await buyer.hire(CAREFUL), Careless(buyer)
    posted = [await buyer.post(job, quantity=max(1, len(job.submissions))) for job in jobs]
    await _show_credits(buyer, "held for the jobs")
    held = (await buyer.get("/v1/billing/credits"))["held_credits"]
    checks.that(held == sum(job["total_cost_credits"] for job in posted), f"{held} credits are held")

    console.rule("workers accept, upload and are scored")
    scored = await _send_all(buyer, jobs, posted, media, careful, careless)
    console.print(_table(scored))
    _print_annotations(scored)
    console.rule("strikes")
    await _check_people([careful, *careless.people], checks)
    console.rule("money, webhooks and delivery")
    await _check_jobs(buyer, receiver, posted, scored, folder, checks)
    console.rule("scores")
    _check_scores(scored, checks, missing=sum(len(job.submissions) for job in jobs) - len(media))
    console.print(f"Report: {_write(scored, folder)}", soft_wrap=True)
    await buyer.close()


async def _send_all(
    buyer: Buyer,
    jobs: Sequence[DemoJob],
    posted: Sequence[dict[str, Any]],
    media: dict[Submission, Path],
    careful: Person,
    careless: Careless,
) -> list[Scored]:
    """Jobs side by side, so that batches form across them; the files of a job in their order."""
    started_at = perf_counter()
    per_job = await asyncio.gather(
        *(send_all(buyer, job, shown["id"], media, careful, careless) for job, shown in zip(jobs, posted, strict=True))
    )
    console.print(f"{len(media)} files scored in {perf_counter() - started_at:.0f} s")
    return [one for job in per_job for one in job]


async def _check_people(people: Sequence[Person], checks: Checks) -> None:
    states = [await person.me() for person in people]
    for person, me in zip(people, states, strict=True):
        console.print(f"{person.name}: {me['earned_credits']} credits earned, {me['strikes']} strikes, {me['status']}")
    banned = [me for me in states if me["status"] == "banned"]
    checks.that(bool(banned) and all(me["strikes"] == 3 for me in banned), "three strikes ban, and only they do")


async def _check_jobs(
    buyer: Buyer,
    receiver: Receiver,
    posted: Sequence[dict[str, Any]],
    scored: Sequence[Scored],
    folder: Path,
    checks: Checks,
) -> None:
    shown = [await buyer.get(f"/v1/jobs/{job['id']}") for job in posted]
    full = [job for job in shown if job["status"] == "completed"]
    checks.that(bool(full), f"completed: {', '.join(job['title'] for job in full)}")
    open_jobs = [await buyer.cancel(job["id"]) for job in shown if job["status"] == "active"]
    checks.that(all(job["held_credits"] == 0 for job in open_jobs), f"{len(open_jobs)} others cancelled and released")
    approved = len([one for one in scored if one.status == "approved"])
    spent = sum([(await buyer.get(f"/v1/jobs/{job['id']}"))["spent_credits"] for job in posted])
    balance = await _show_credits(buyer, "after the jobs")
    checks.that(spent == approved * REWARD, f"{spent} credits captured for {approved} approved files")
    checks.that(balance["held_credits"] == 0, "nothing is held any more")
    for job in full:
        checks.that(await receiver.wait_for("job.completed", job["id"]), f"webhook job.completed of {job['title']}")
    for job in open_jobs:
        checks.that(await receiver.wait_for("job.cancelled", job["id"]), f"webhook job.cancelled of {job['title']}")
    checks.that(receiver.refused == 0, f"{len(receiver.events)} webhooks came, every signature is right")
    files = [path for job in posted for path in await buyer.download(job["id"], folder / "delivered" / job["id"])]
    checks.that(
        len(files) == approved, f"{len(files)} files downloaded to {folder / 'delivered'}, every SHA-256 is right"
    )


async def _show_credits(buyer: Buyer, when: str) -> dict[str, Any]:
    balance = await buyer.get("/v1/billing/credits")
    console.print(f"credits {when}: {balance['available_credits']} available, {balance['held_credits']} held")
    return balance


def _linger(url: str) -> None:
    console.print(f"\nThe stack runs on at {url} (documentation: {url}/docs). Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        asyncio.run(asyncio.sleep(24 * 3600))


def _dim(line: str) -> None:
    console.print(Text(line, style="dim"))


def _make_media(jobs: Sequence[DemoJob], folder: Path) -> dict[Submission, Path]:
    """Write the files; those that need speech are left out where espeak-ng is missing."""
    made, unspoken = {}, []
    for number, job in enumerate(jobs, start=1):
        for submission in job.submissions:
            path = folder / str(number) / submission.name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.write_bytes(submission.make())
            except SpeechMissingError:
                unspoken.append(submission.name)
                continue
            made[submission] = path
    console.print(f"{len(made)} files made in {folder}", soft_wrap=True)
    if unspoken:
        console.print(f"espeak-ng is not installed, so these are left out: {', '.join(unspoken)}", style="yellow")
    return made


def _table(scored: Sequence[Scored]) -> Table:
    columns = ("file", "job", "worker", "stars", "status", "reasons", "what the worker is told", "seconds")
    table = Table(*columns, title="Scores")
    table.columns[-1].justify = "right"
    for one in scored:
        told = one.result["score_breakdown"]
        name = Text(one.submission.name, style="" if not one.failures else "bold red")
        status = f"{one.status} (retry)" if one.attempt > 1 else one.status
        reasons = Text("\n".join(told["reasons"])), Text(told["feedback"])
        count = stars(one.result["score"])
        table.add_row(name, one.job.title, one.worker, count, status, *reasons, f"{one.seconds:.1f}")
    return table


def _print_annotations(scored: Sequence[Scored]) -> None:
    """The annotations of one approved file of each content type."""
    shown = set()
    for one in scored:
        facts, annotations = one.result["score_breakdown"]["evidence"]["facts"], one.result["annotations"]
        if facts is None or annotations is None or facts["content_type"] in shown or one.result["score"] < 4:
            continue
        shown.add(facts["content_type"])
        console.rule(f"annotations of {one.submission.name}, lists cut after {SHOWN_ITEMS}")
        console.print_json(data=_shortened(annotations))


def _shortened(value: Any) -> Any:
    """The same with no list longer than `SHOWN_ITEMS`, saying how much was left out."""
    match value:
        case dict():
            return {key: _shortened(item) for key, item in value.items()}
        case list() if len(value) > SHOWN_ITEMS:
            return [*map(_shortened, value[:SHOWN_ITEMS]), f"… {len(value) - SHOWN_ITEMS} more"]
        case list():
            return [_shortened(item) for item in value]
        case _:
            return value


def _write(scored: Sequence[Scored], folder: Path) -> Path:
    """`results.jsonl` and `report.html`; returns the path of the latter."""
    with (folder / "results.jsonl").open("w", encoding="utf-8") as results:
        for one in scored:
            line = {"file": one.submission.name, "job": one.job.title, "status": one.status} | one.result
            results.write(json.dumps(line, ensure_ascii=False) + "\n")
    report = folder / "report.html"
    entries = (
        Entry(one.path.name, one.job.title, one.job.brief.description, one.result, one.path, one.seconds)
        for one in scored
    )
    write_report(entries, report)
    return report


def _check_scores(scored: Sequence[Scored], checks: Checks, missing: int) -> None:
    for one in scored:
        for failure in one.failures:
            checks.that(False, f"{one.job.title}, {one.submission.name}: {failure}")
    held = len([one for one in scored if not one.failures])
    left_out = f", {missing} left out" if missing else ""
    checks.that(held == len(scored), f"{held} of {len(scored)} files are scored as expected{left_out}")


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        typer.run(main)
    sys.exit()
