import pytest
from typer.testing import CliRunner

from scripts.cli import build
from scripts.sizing import (
    MACHINES,
    Input,
    Machine,
    check_mix,
    estimate,
    host_core_seconds,
    load_record,
    operations,
    windows,
)
from scripts.sizing_page import PAGE, page

RECORD = {
    "machine": {"cores": 2},
    "engine": [
        {
            "kind": "photo", "core_seconds": 0.37, "of_it_decoding": 0.004, "of_it_safety": 0.006,
            "of_it_audio_quality": 0.0, "pictures": 1.0, "megapixels": 1.92 * 1.44, "sound_seconds": 0.0,
        },
        {
            "kind": "speech", "core_seconds": 0.97, "of_it_decoding": 0.02, "of_it_safety": 0.0,
            "of_it_audio_quality": 0.1, "pictures": 0.0, "megapixels": 0.0, "sound_seconds": 12.0,
        },
        {
            "kind": "video", "core_seconds": 3.0, "of_it_decoding": 1.0, "of_it_safety": 0.1,
            "of_it_audio_quality": 0.0, "pictures": 12.0, "megapixels": 12 * 1.92 * 1.44 * 4, "sound_seconds": 0.0,
        },
    ],
    "front_end": {"core_seconds": 0.0},
    "gpu_work": [
        {"role": "concepts", "operations": 1e11},
        {"role": "detector", "operations": 1e11},
        {"role": "text", "operations": 2e12},
        {"role": "speech", "operations": 3e12},
    ],
    "host_work": [
        {"kind": "photo", "core_seconds": 0.06},
        {"kind": "speech", "core_seconds": 0.0},
        {"kind": "video", "core_seconds": 0.5},
    ],
}  # fmt: skip
"""0.03 core-seconds of Serve come on top of each."""
ALL_PHOTOS = {"photo": 1.0}


def machine(cores: float = 2, dollars: float = 1.0, peak: float | None = None) -> Machine:
    gpu = None if peak is None else Input(peak, "assumed", "a test")
    return Machine("one", Input(cores, "assumed", "a test"), Input(dollars, "assumed", "a test"), gpu)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("photo", 2e11 + 2e12),
        ("speech", 3e12 * 2 / 3 * 1.3),
        ("video", 12 * 2e11 + 3 * 2e12),  # three of its frames are read, each shrunk to a page
    ],
)
def test_operations_of_a_file(kind: str, expected: float) -> None:
    assert operations(kind, RECORD) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("photo", 0.01 + 0.03 + 0.06),
        ("speech", 0.12 + 0.03),
        ("video", 1.1 + 0.03 + 0.5),
    ],
)
def test_the_host_of_a_gpu_has_work_of_its_own(kind: str, expected: float) -> None:
    assert host_core_seconds(kind, RECORD) == pytest.approx(expected)


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 0.0), (4.0, 1 / 3), (10.0, 1 / 3), (10.1, 2 / 3), (60.0, 2.0)])
def test_windows(seconds: float, expected: float) -> None:
    assert windows(seconds) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("one", "mix", "per_hour", "bound_by"),
    [
        # 0.4 core-seconds on 2 cores, of which 80% are used.
        (machine(), ALL_PHOTOS, 3600 * 0.8 / 0.2, "CPU"),
        (machine(cores=4), {"photo": 0.5, "speech": 0.5}, 3600 * 0.8 / (0.7 / 4), "CPU"),
        # 2.2e12 operations at a quarter of 88e12 a second are 0.1 s; 0.1 core-seconds on 2 cores are less.
        (machine(peak=88e12), ALL_PHOTOS, 3600 * 0.8 / 0.1, "GPU"),
        (machine(peak=88e15), ALL_PHOTOS, 3600 * 0.8 / 0.05, "CPU"),
    ],
)
def test_an_hour_of_a_machine(one: Machine, mix: dict[str, float], per_hour: float, bound_by: str) -> None:
    found = estimate(one, RECORD, mix)
    assert (found.per_hour, found.bound_by) == (pytest.approx(per_hour), bound_by)
    assert found.dollars_per_1000 == pytest.approx(1000 / per_hour)


@pytest.mark.parametrize("mix", [{"photo": 0.9}, {"photo": 1.5, "speech": -0.5}, {"photo": 0.5, "poem": 0.5}])
def test_what_is_no_mix_is_refused(mix: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="shares of photo, menu, speech, video"):
        check_mix(mix)


def test_every_input_says_where_it_comes_from() -> None:
    inputs = [
        each for one in MACHINES.values() for each in (one.cores, one.price_per_hour, one.peak_operations) if each
    ]
    assert all(each.reason and each.source in ("measured", "counted", "assumed") for each in inputs)


def test_the_page_is_what_the_calculator_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load_record()), "run python -m scripts.sizing"


def test_the_command_takes_prices_and_mixes() -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(build(["size"]), ["size", *arguments])
        return done.output if done.exception is None else repr(done.exception)

    assert "H100" in run()
    assert run("--mix", "photo=1") != run()
    assert "no machine B9000" in run("--price", "B9000=1")
    assert "add up to 1" in run("--mix", "photo=0.5")
