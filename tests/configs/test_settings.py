import os
import re
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from configs.settings import CONFIGS, ModelSettings, load_settings
from configs.yaml_text import BadConfiguration
from models.weights import Registry

PROFILES = sorted(path.stem for path in CONFIGS.glob("*.yaml") if path.stem not in {"weights", "rubric"})


@pytest.fixture(autouse=True)
def _no_assay_variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("ASSAY_")]:
        monkeypatch.delenv(name)


def test_the_profiles_of_the_design_are_shipped():
    assert {"embedded", "gpu"} <= set(PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_loads_and_names_declared_weights_of_its_family(profile, tmp_path):
    settings = load_settings(profile)
    declared = Registry.load(settings.weights, tmp_path)
    assert settings.profile == profile
    families = {role: declared.declaration(model.weights).family for role, model in settings.models.items()}
    assert families == {role: "detector" if role == "safety" else role for role in settings.models}


def test_the_embedded_profile_comes_from_packages_only(tmp_path):
    settings = load_settings("embedded")
    declared = Registry.load(settings.weights, tmp_path)
    sources = [source for model in settings.models.values() for source in declared.declaration(model.weights).sources]
    assert {type(source).__name__ for source in sources} == {"PackageSource"}


def test_environment_wins_over_the_file_and_flags_win_over_both(monkeypatch):
    monkeypatch.setenv("ASSAY_DECODE__WORKERS", "3")
    monkeypatch.setenv("ASSAY_MODELS__TEXT__BATCH__MAX_ITEMS", "7")
    monkeypatch.setenv("ASSAY_DATA_DIR", "/srv/assay")
    settings = load_settings("embedded", decode__workers=5, decode__max_frames=None)
    assert settings.decode.workers == 5
    assert settings.models["text"].batch.max_items == 7
    assert settings.data_dir == Path("/srv/assay")
    assert load_settings("embedded").decode.workers == 3


def test_a_profile_may_be_any_yaml_file(tmp_path):
    values = yaml.safe_load((CONFIGS / "embedded.yaml").read_text(encoding="utf-8"))
    del values["profile"], values["models"]["detector"]
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(values))
    settings = load_settings(tmp_path / "mine.yaml")
    assert settings.profile == "mine"
    assert "detector" not in settings.models


def test_a_secret_may_come_from_a_file_and_is_text_whatever_it_looks_like(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("0123\n")
    monkeypatch.setenv("ASSAY_API__SECRET_KEY_FILE", str(tmp_path / "key"))
    assert load_settings("embedded").api.secret_key.get_secret_value() == "0123"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profile: x\nmodels: [a: {\n", "mine.yaml: line 3, column 1: did not find expected node content"),
        ("a: \x01", "mine.yaml: unacceptable character"),
        ("", "mine.yaml: has no names with values"),
        ("some words", "mine.yaml: has no names with values"),
    ],
)
def test_a_profile_that_is_no_profile_is_named_with_the_place(tmp_path, text, said):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(BadConfiguration, match=re.escape(said)):
        load_settings(tmp_path / "mine.yaml")


def test_a_file_in_another_encoding_is_named(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_bytes("profile: für mich\n".encode("latin-1"))
    with pytest.raises(BadConfiguration, match=r"mine\.yaml: is no text in UTF-8"):
        load_settings(tmp_path / "mine.yaml")
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("ASSAY_API__SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(BadConfiguration, match=r"ASSAY_API__SECRET_KEY_FILE: .*key is no text in UTF-8"):
        load_settings("embedded")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"ASSAY_DECODE": "[a"}, "ASSAY_DECODE: line"),
        (
            {"ASSAY_API__SECRET_KEY_FILE": "/nowhere/key"},
            "ASSAY_API__SECRET_KEY_FILE: /nowhere/key cannot be read (No such",
        ),
        ({"ASSAY_STORE": "5", "ASSAY_STORE__BUCKET": "x"}, "store.bucket: store is 5 already"),
    ],
)
def test_a_variable_that_cannot_be_is_named(monkeypatch, variables, said):
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(BadConfiguration, match=re.escape(said)):
        load_settings("embedded")


def test_an_unknown_profile_is_answered_with_the_known_ones():
    with pytest.raises(FileNotFoundError, match="embedded, gpu"):
        load_settings("tpu")


@pytest.mark.parametrize(
    ("max_ongoing_requests", "concurrent", "accepted"), [(16, 1, True), (15, 1, False), (32, 2, True), (31, 2, False)]
)
def test_a_replica_must_be_handed_full_batches(max_ongoing_requests, concurrent, accepted):
    values = {
        "weights": "w",
        "backend": "b",
        "batch": {"max_cost": 1.0, "max_items": 16, "concurrent": concurrent},
        "replicas": {"max_ongoing_requests": max_ongoing_requests},
    }
    if accepted:
        assert ModelSettings.model_validate(values).replicas.max_ongoing_requests == max_ongoing_requests
    else:
        with pytest.raises(ValidationError, match="batches could never fill"):
            ModelSettings.model_validate(values)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"decode__workerz": 2}, "decode.workerz"),
        ({"models__vision": {}}, "models.vision"),
        ({"models__text__precision": "f64"}, "models.text.precision"),
        ({"decode__workers": 0}, "decode.workers"),
        ({"scorer__min_replicas": 4, "scorer__max_replicas": 2}, "scorer"),
        ({"api__replicas__max_replicas": 4}, "api.replicas"),
        ({"api__replicas__num_gpus": 1}, "api.replicas"),
        ({"webhooks__allowed_networks": ["10.0.0.0/8", "10.0.0.1/8"]}, "webhooks.allowed_networks"),
        ({"webhooks__allowed_networks": ["intranet"]}, "webhooks.allowed_networks"),
        ({"background__target_ongoing_requests": 8}, "background"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused_by_name(flags, named):
    with pytest.raises(ValidationError) as refused:
        load_settings("embedded", **flags)
    assert any(".".join(map(str, error["loc"])).startswith(named) for error in refused.value.errors())


def test_replicas_of_the_front_end_are_as_many_as_is_said() -> None:
    replicas = {"min_replicas": 3, "max_replicas": 3, "max_ongoing_requests": 500, "num_cpus": 2}
    settings = load_settings("embedded", api__replicas=replicas, background=replicas)
    assert settings.api.replicas.min_replicas == settings.background.min_replicas == 3


def test_the_variables_of_clients_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_API_KEY", "fh_live_x")
    monkeypatch.setenv("ASSAY_BASE_URL", "http://localhost:8000")
    assert load_settings("embedded").profile == "embedded"
