"""The profiles of machines that were not there: what can be said of them without a GPU."""

import pytest

from configs.settings import ReplicaSettings, Settings, load_settings
from pipeline.rubric import load_rubric
from scripts.sizing import MACHINES
from serve.app import _placed, reserved_gpus

PROFILES = ("gpu", "cluster")


@pytest.fixture(params=PROFILES)
def settings(request: pytest.FixtureRequest) -> Settings:
    return load_settings(request.param)


def test_one_gpu_runs_everything_once(settings: Settings) -> None:
    """Where no other machine can be had, with room for candidates of everything."""
    assert reserved_gpus(settings) == pytest.approx(0.5 if settings.profile == "gpu" else 1.0)
    on_gpu = {role for role, model in settings.models.items() if model.device == "cuda"}
    assert on_gpu == {role for role, model in settings.models.items() if model.replicas.num_gpus > 0}


def test_everything_fits_the_cores_of_the_smallest_machine_that_is_reckoned_with() -> None:
    settings = load_settings("gpu")
    placed = [*(model.replicas for model in settings.models.values()), settings.scorer, settings.api.replicas]
    assert sum(each.num_cpus for each in [*placed, settings.background]) <= MACHINES["L4"].cores.value


def test_enough_is_under_way_to_fill_the_largest_batches(settings: Settings) -> None:
    """A submission brings each model at least one item, and a video twelve."""
    largest = max(model.batch.max_items for model in settings.models.values())
    assert settings.dispatcher.concurrency >= largest


def test_video_is_decoded_on_the_gpu_of_the_scorer(settings: Settings) -> None:
    assert settings.decode.video_device == "cuda"
    assert settings.scorer.num_gpus > 0


def test_what_the_policy_names_is_among_the_classes_of_the_safety_detector(settings: Settings) -> None:
    rubric = load_rubric(settings.rubric)
    labels = settings.models["safety"].options["labels"]
    assert {*rubric.unsafe_labels, *rubric.face_labels} <= set(labels)
    assert labels == load_settings("embedded").models["detector"].options["labels"], "of the same weights"


def test_a_replica_is_full_before_another_is_added() -> None:
    for role, model in load_settings("cluster").models.items():
        target = model.replicas.target_ongoing_requests
        assert target is not None
        assert target >= model.batch.max_items, role
        assert target <= model.replicas.max_ongoing_requests


def test_the_loss_of_one_machine_leaves_an_api_and_a_dispatcher() -> None:
    settings = load_settings("cluster")
    assert settings.api.replicas.min_replicas >= 2
    assert settings.background.min_replicas >= 2
    assert settings.store.backend == "s3"


@pytest.mark.parametrize(
    ("replicas", "options"),
    [
        ({"min_replicas": 2, "max_replicas": 2}, {"num_replicas": 2}),
        (
            {"max_replicas": 4, "max_ongoing_requests": 64},
            {"autoscaling_config": {"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 32}},
        ),
        (
            {"max_replicas": 4, "target_ongoing_requests": 20},
            {"autoscaling_config": {"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 20}},
        ),
    ],
)
def test_autoscaling_as_serve_gets_it(replicas: dict[str, int], options: dict[str, object]) -> None:
    assert _placed(ReplicaSettings.model_validate(replicas)).items() >= options.items()
