"""Choosing among measured ways, the profile that is written, the page with the plots; one model measured for real."""

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.settings import CONFIGS, BatchSettings, ReplicaSettings, Role, load_settings
from pipeline.decode import decode
from scripts import tune_command
from scripts.sample_media import generated, sample_media
from scripts.tune_command import measure, measure_mix, tune
from scripts.tune_machine import Others, describe_noise, usable_cores
from scripts.tune_mix import Mix, gains_in_the_mix
from scripts.tune_plot import ticks, verdict, write_page
from scripts.tune_profile import gpu_fraction, spread, tuned_profile
from scripts.tune_search import WORTH, Effort, Point, Search, Tuned, Way, _is_worth, best_of, front, with_room
from scripts.tune_worker import Measured
from scripts.user_errors import UserError
from serve.errors import EngineUnavailable
from serve.samples import samples_of

EMBEDDED = load_settings("embedded")
DETECTOR = EMBEDDED.models["detector"]


def point(throughput: float, p95_ms: float, agreement: float = 1.0, gpu_share: float = 0.0, **changes: Any) -> Point:
    model = with_room(DETECTOR, {"batch": dict(DETECTOR.batch)} | changes)
    return Point(Way(model), Measured(throughput, p95_ms / 2, p95_ms, 1.0, 200.0, gpu_share), agreement)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([point(10, 50), point(20, 90)], 1),
        ([point(10, 50), point(20, 150)], 0),  # over the bound
        ([point(10, 50), point(20, 90, agreement=0.5)], 0),  # not accurate
        ([point(10, 50), point(10.2, 90)], 0),  # within the noise of the first
        ([point(10, 500), point(20, 150)], 1),  # none within the bound: the lowest latency
    ],
)
def test_best_of(points: list[Point], expected: int) -> None:
    assert best_of(points, latency_ms=100) is points[expected]


@pytest.mark.parametrize(
    ("chosen", "shipped", "worth"),
    [
        (point(12, 90), point(10, 50), True),
        (point(10.2, 90), point(10, 50), False),  # noise
        (point(12, 150), point(10, 50), False),  # over the bound, which the profile's own way keeps
        (point(8, 90), point(10, 150), True),
        (point(12, 180), point(10, 150), True),  # neither keeps it
    ],
)
def test_what_breaks_the_bound_is_not_worth_its_gain(chosen: Point, shipped: Point, worth: bool) -> None:
    assert _is_worth(chosen, shipped, latency_ms=100) is worth


def test_the_front_holds_what_nothing_beats_in_both() -> None:
    fast, large, beaten, same = point(10, 50), point(30, 200), point(9, 60), point(10, 55)
    assert front([large, beaten, fast, same]) == [fast, large]


def test_a_longer_batch_gets_a_longer_queue() -> None:
    batch = BatchSettings(max_cost=100, max_items=40, concurrent=2)
    assert with_room(DETECTOR, {"batch": dict(batch)}).replicas.max_ongoing_requests == 160


@pytest.mark.parametrize(("share", "reserved"), [(0.01, 0.05), (0.2, 0.25), (0.25, 0.3), (0.95, 1.0)])
def test_a_replica_reserves_a_fifth_more_than_it_was_seen_to_hold(share: float, reserved: float) -> None:
    assert gpu_fraction(share) == reserved


def tuned(best: Point | None = None) -> Tuned:
    shipped = point(10, 50)
    return Tuned(
        "detector", (point(11, 60), point(12, 900, 0.4)), shipped, best or shipped, ("2 threads: ValueError: no",)
    )


def test_the_profile_that_is_written_is_read_back_as_what_was_chosen(tmp_path: Path) -> None:
    source = yaml.safe_load((CONFIGS / "embedded.yaml").read_text())
    best = point(20, 80, threads=1, precision="f32", batch={"max_cost": 3.5, "max_items": 2, "concurrent": 2})
    path = tmp_path / "tuned.yaml"
    path.write_text(tuned_profile(source, ["measured here"], [tuned(best)]))
    read = load_settings(path)
    assert read.models["detector"] == best.way.model
    assert {role: read.models[role] for role in read.models if role != "detector"} == {
        role: EMBEDDED.models[role] for role in EMBEDDED.models if role != "detector"
    }
    assert (read.scorer, read.decode) == (EMBEDDED.scorer, EMBEDDED.decode)
    assert path.read_text().startswith("# measured here\n")
    assert "# 20 items/s, p95 80 ms, 200 MB, agreement 1.000\n  # before: 10 items/s" in path.read_text()


@pytest.mark.parametrize(("gain", "expected"), [(None, 20), (1.0, 20), (0.99, 10)])
def test_what_slows_the_whole_engine_is_not_chosen(gain: float | None, expected: float) -> None:
    found = replace(tuned(point(20, 80, threads=1)), gain_in_the_mix=gain)
    assert found.chosen.measured.items_per_second == expected
    source = yaml.safe_load((CONFIGS / "embedded.yaml").read_text())
    text = tuned_profile(source, [], [found])
    assert ("# in the whole engine:" in text) == (gain is not None)
    written = yaml.safe_load(text)["models"]["detector"]
    assert written.get("threads", DETECTOR.threads) == (1 if expected == 20 else DETECTOR.threads)
    assert ("the profile's own way stays" in verdict(found)) == (expected == 10)


@pytest.mark.parametrize(
    ("replicas", "processes", "expected"),
    [
        ((1, 1), 1, (1, 1)),
        ((1, 1), 2, (2, 2)),
        ((2, 2), 1, (1, 1)),  # as an earlier run wrote it
        ((1, 32), 2, (2, 32)),  # a cluster goes on scaling
        ((1, 4), 8, (8, 8)),
    ],
)
def test_processes_become_replicas(replicas: tuple[int, int], processes: int, expected: tuple[int, int]) -> None:
    before = ReplicaSettings(min_replicas=replicas[0], max_replicas=replicas[1])
    after = before.model_copy(update=spread(before, processes))
    assert (after.min_replicas, after.max_replicas) == expected


def test_several_processes_and_a_part_of_a_gpu_become_replicas() -> None:
    source = yaml.safe_load((CONFIGS / "embedded.yaml").read_text())
    one = point(20, 80, gpu_share=0.2)
    several = Tuned("detector", (), tuned().shipped, Point(Way(one.way.model, 2), one.measured, 1.0), ())
    replicas = yaml.safe_load(tuned_profile(source, [], [several]))["models"]["detector"]["replicas"]
    assert (replicas["min_replicas"], replicas["max_replicas"], replicas["num_gpus"]) == (2, 2, 0.25)


def test_the_page_needs_nothing_from_outside(tmp_path: Path) -> None:
    path = tmp_path / "tuned.html"
    write_page("Tuning <here>", ["a heading"], [tuned(), tuned(point(20, 80))], 100, path)
    page = path.read_text()
    assert not re.search(r"(src|href|url)\s*[=(]|https?:|@import", page)
    assert "Tuning &lt;here&gt;" in page
    assert page.count("<svg") == 2
    assert page.count('class="best"') == 2
    assert page.count('class="inaccurate"') == 2
    assert "within 3% of the best found" in page
    assert "2.00 times the profile&#39;s own way" in page
    assert "did not run: 2 threads: ValueError: no" in page


@pytest.mark.parametrize(("high", "expected"), [(10, [0, 2, 4, 6, 8, 10]), (0.9, [0, 0.2, 0.4, 0.6, 0.8]), (700, None)])
def test_ticks_are_round(high: float, expected: list[float] | None) -> None:
    found = ticks(0, high)
    assert expected is None or found == pytest.approx(expected)
    assert 3 <= len(found) <= 8


def test_samples_of_ones_own_media(tmp_path: Path) -> None:
    (tmp_path / "page.jpg").write_bytes(next(generated()))
    (tmp_path / "notes.txt").write_text("no media")
    samples = samples_of(sample_media(tmp_path, EMBEDDED.decode))
    assert {role: len(items) for role, items in samples.items()} == {
        "concepts": 2,  # the page and a sentence
        "detector": 1,
        "safety": 1,
        "text": 1,
        "speech": 0,
        "audio_quality": 0,
    }
    with pytest.raises(UserError, match="no file in it can be decoded"):
        sample_media(tmp_path / "nowhere", EMBEDDED.decode)


def test_made_media_have_something_for_every_model() -> None:
    samples = samples_of([decode(content, EMBEDDED.decode) for content in generated()])
    assert all(samples[role] for role in EMBEDDED.models)


def test_what_other_processes_take_is_told() -> None:
    others = Others()
    deadline = time.monotonic() + 0.3
    while time.monotonic() < deadline:
        pass
    assert 0 <= others.taken() <= 1
    assert describe_noise(0.05) == []
    assert "Other processes took 43% of the machine" in describe_noise(0.43)[0]


def test_our_own_work_is_not_others(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"busy": 100.0, "ours": 10.0, "clock": 1000.0}
    monkeypatch.setattr("scripts.tune_machine._busy_seconds", lambda: seconds["busy"])
    monkeypatch.setattr("scripts.tune_machine._own_seconds", lambda: seconds["ours"])
    monkeypatch.setattr("scripts.tune_machine.time.monotonic", lambda: seconds["clock"])
    monkeypatch.setattr("scripts.tune_machine.os.cpu_count", lambda: 2)
    others = Others()
    seconds |= {"busy": 118.0, "ours": 22.0, "clock": 1010.0}
    assert others.taken() == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("limit", "cores"), [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("1600000 100000", 8), (None, 8)]
)
def test_cores_are_those_that_a_container_may_use(
    limit: str | None, cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.tune_machine.os.sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr("scripts.tune_machine.CPU_LIMIT", tmp_path / "cpu.max")
    if limit is not None:
        (tmp_path / "cpu.max").write_text(f"{limit}\n")
    assert usable_cores() == cores


def test_a_model_without_a_sample_is_left_and_those_that_were_measured_outlive_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last one is stopped."""
    done = tuned(point(20, 80))
    ends = iter([done, KeyboardInterrupt()])

    def run(search: Search, _on_step: object) -> Tuned:
        end = next(ends)
        if isinstance(end, Tuned):
            return end
        raise end

    monkeypatch.setattr(Search, "run", run)
    samples = samples_of([decode(next(generated()), EMBEDDED.decode)])
    effort = Effort(latency_ms=10_000, seconds=0.1, quick=True, cores=1)
    assert measure(EMBEDDED, ["speech", "detector", "concepts"], samples, effort) == ([done], False)
    said = " ".join(capsys.readouterr().out.split())
    assert "speech: not measured, and left as it is: no sample for it in the media" in said
    assert "stopped at concepts" in said


def test_what_was_measured_outlives_ctrl_c_in_the_whole_engine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tune_command, "gains_in_the_mix", stopped)
    found = tuned(point(20, 80))
    assert measure_mix(EMBEDDED, [found], [], Effort(10_000, 0.1, True, 1)) == [found]
    assert "the whole engine was not measured: stopped" in capsys.readouterr().out


def test_a_model_that_goes_to_the_cpu_reserves_no_gpu() -> None:
    source = {"models": {"detector": {"weights": "w", "backend": "yolo", "replicas": {"num_gpus": 0.1}}}}
    (chosen,) = yaml.safe_load(tuned_profile(source, [], [tuned(point(20, 80))]))["models"].values()
    assert "num_gpus" not in chosen["replicas"]


def test_shares_of_a_gpu_that_do_not_fit_one_are_told() -> None:
    source = yaml.safe_load((CONFIGS / "gpu.yaml").read_text())
    assert "All replicas" not in tuned_profile(source, [], [])
    source["models"]["text"]["replicas"]["min_replicas"] = 6
    assert "# All replicas together reserve 1.25 GPUs" in tuned_profile(source, [], [])


def test_a_model_that_does_not_load_here_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    missing = DETECTOR.model_copy(update={"weights": "rtdetr-r50"})
    settings = EMBEDDED.model_copy(update={"models": {"detector": missing}})
    samples = samples_of([decode(next(generated()), EMBEDDED.decode)])
    effort = Effort(latency_ms=10_000, seconds=0.1, quick=True, cores=1)
    with pytest.raises(UserError, match="no model could be measured"):
        measure(settings, ["detector"], samples, effort)
    said = "detector: not measured, and left as it is: "
    assert said in " ".join(capsys.readouterr().out.split())


def test_the_folder_for_the_profile_is_looked_for_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no folder .*nowhere for tuned\.yaml"):
        tune(out=tmp_path / "nowhere" / "tuned.yaml")
    with pytest.raises(UserError, match=r"a profile is a \.yaml file, not tuned\.conf"):
        tune(out=tmp_path / "tuned.conf")


@pytest.mark.slow
def test_the_shipped_way_and_the_best_found_meet_in_one_run() -> None:
    samples = samples_of(sample_media(None, EMBEDDED.decode))
    effort = Effort(latency_ms=10_000, seconds=0.3, quick=True, cores=2)
    (found,), is_complete = measure(EMBEDDED, ["detector"], samples, effort)
    assert is_complete
    assert found.shipped.way.model == DETECTOR
    assert len(found.points) > 5
    assert found.gain > WORTH or found.best == found.shipped
    assert {point.agreement for point in found.points} == {1.0}
    assert all(point.measured.memory_mb > 50 and point.measured.p95_ms > 0 for point in found.points)
    assert not found.failures
    assert found.shipped.measured.items_per_second > 0


@pytest.mark.slow
def test_what_was_found_takes_turns_with_the_profile_in_one_engine() -> None:
    small = EMBEDDED.model_copy(update={"models": {role: EMBEDDED.models[role] for role in ("concepts", "detector")}})
    one_by_one = {**dict(DETECTOR.batch), "max_items": 1, "max_cost": 1.0}
    ways: dict[Role, Way] = {"detector": Way(with_room(DETECTOR, {"threads": 1, "batch": one_by_one}))}
    effort = Effort(latency_ms=10_000, seconds=0.1, quick=True, cores=2)
    steps: list[str] = []
    gains = gains_in_the_mix(Mix(small, ways, [next(generated())] * 4, effort), steps.append)
    assert 0.2 < gains["detector"] < 5
    assert {"loading detector as found beside", "detector as found, round 1 of 1"} <= set(steps)


@pytest.mark.slow
def test_an_engine_that_does_not_start_says_why() -> None:
    small = EMBEDDED.model_copy(update={"models": {}})
    mix = Mix(small, {}, [b""], Effort(latency_ms=10_000, seconds=0.1, quick=True, cores=2))
    with pytest.raises(EngineUnavailable, match="has no concepts model"):
        gains_in_the_mix(mix, lambda step: None)
