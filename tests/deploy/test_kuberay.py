"""The KubeRay manifest: Kubernetes' own schemas, Ray Serve's own schema, and what it promises."""

import re
from typing import Any

import kubernetes_validate
import pytest
import ray
import yaml
from ray.serve.schema import ServeDeploySchema

from api.metrics import SHARED_VARIABLE
from configs.settings import ENVIRONMENT_PREFIX, load_settings
from tests.deploy.files import DEPLOY, ROOT, documents

KUBERNETES = "1.37"
RAY_SERVICE = {"serveConfigV2", "rayClusterConfig", "upgradeStrategy", "serveService"}
RAY_CLUSTER = {
    "rayVersion", "authOptions", "gcsFaultToleranceOptions", "enableInTreeAutoscaling", "autoscalerOptions",
    "headGroupSpec", "workerGroupSpecs",
}  # fmt: skip
GROUP = {"rayStartParams", "template"}
WORKERS = GROUP | {"groupName", "replicas", "minReplicas", "maxReplicas"}
"""Fields that KubeRay's API reference has and we use. No package ships its CRD, which runs to a megabyte."""


@pytest.fixture(scope="module")
def manifest() -> list[dict[str, Any]]:
    return documents("kuberay.yaml")


@pytest.fixture(scope="module")
def service(manifest: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = [document for document in manifest if document["kind"] == "RayService"]
    return found


@pytest.fixture(scope="module")
def pods(service: dict[str, Any]) -> list[dict[str, Any]]:
    cluster = service["spec"]["rayClusterConfig"]
    return [group["template"] for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


def _one(manifest: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in manifest if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def test_kubernetes_takes_every_object(manifest: list[dict[str, Any]], pods: list[dict[str, Any]]) -> None:
    for document in manifest:
        if document["kind"] != "RayService":
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
    for pod in pods:
        whole = {"apiVersion": "v1", "kind": "Pod", "metadata": pod["metadata"] | {"name": "x"}, "spec": pod["spec"]}
        kubernetes_validate.validate(whole, KUBERNETES, strict=True)


def test_no_service_of_the_namespace_is_taken_for_a_setting(
    manifest: list[dict[str, Any]], pods: list[dict[str, Any]]
) -> None:
    """Kubernetes tells the services as variables, which settings would refuse: ASSAY_REDIS_SERVICE_HOST and more."""
    services = [document["metadata"]["name"] for document in manifest if document["kind"] == "Service"]
    assert any(name.upper().replace("-", "_").startswith(ENVIRONMENT_PREFIX) for name in services)
    assert [pod["spec"]["enableServiceLinks"] for pod in pods] == [False] * 3


def test_the_validation_refuses_what_is_misspelt(pods: list[dict[str, Any]]) -> None:
    wrong = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pods[0]["spec"] | {"contaners": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_kuberay_has_the_fields(service: dict[str, Any]) -> None:
    assert service["apiVersion"] == "ray.io/v1"
    assert service["spec"].keys() <= RAY_SERVICE
    cluster = service["spec"]["rayClusterConfig"]
    assert cluster.keys() <= RAY_CLUSTER
    assert cluster["headGroupSpec"].keys() <= GROUP
    for group in cluster["workerGroupSpecs"]:
        assert group.keys() <= WORKERS
        assert 0 < group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    every = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    assert all(isinstance(value, str) for group in every for value in group["rayStartParams"].values())


def test_serve_takes_the_configuration(service: dict[str, Any]) -> None:
    found = ServeDeploySchema.model_validate(yaml.safe_load(service["spec"]["serveConfigV2"]))
    (application,) = found.applications
    assert application.import_path == "api.entrypoint:stack"
    assert load_settings(application.args["profile"]).profile == "cluster"


def test_ray_is_the_one_that_is_pinned(service: dict[str, Any]) -> None:
    assert service["spec"]["rayClusterConfig"]["rayVersion"] == ray.__version__


def test_ray_asks_for_its_token_and_redis_for_its_password(
    service: dict[str, Any], manifest: list[dict[str, Any]]
) -> None:
    cluster = service["spec"]["rayClusterConfig"]
    assert cluster["authOptions"] == {"mode": "token"}
    redis = cluster["gcsFaultToleranceOptions"]
    assert redis["redisAddress"] == "redis://assay-redis:6379"
    (server,) = _one(manifest, "StatefulSet", "assay-redis")["spec"]["template"]["spec"]["containers"]
    (password,) = server["env"]
    assert password["valueFrom"] == redis["redisPassword"]["valueFrom"]


def test_containers_are_locked(pods: list[dict[str, Any]]) -> None:
    for pod in pods:
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == 10001, "as in the Dockerfile"
        for container in spec["containers"] + spec.get("initContainers", []):
            locked = container["securityContext"]
            assert locked["allowPrivilegeEscalation"] is False
            assert locked["readOnlyRootFilesystem"] is True
            assert locked["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} <= container["resources"].keys()


def test_containers_have_probes_without_wget(pods: list[dict[str, Any]]) -> None:
    """KubeRay's own call wget, which the image has not; it leaves those alone that are there."""
    for pod in pods:
        for container in pod["spec"]["containers"]:
            assert {"readinessProbe", "livenessProbe"} <= container.keys()
            assert "exec" not in container["readinessProbe"] | container["livenessProbe"]


def test_weights_are_read_only(pods: list[dict[str, Any]]) -> None:
    for pod in pods:
        for container in pod["spec"]["containers"]:
            (weights,) = [mount for mount in container["volumeMounts"] if mount["name"] == "weights"]
            assert weights == {"name": "weights", "mountPath": "/weights", "readOnly": True}


def test_secrets_are_named_by_the_instructions_and_nowhere_written_out(
    manifest: list[dict[str, Any]], pods: list[dict[str, Any]]
) -> None:
    assert "Secret" not in {document["kind"] for document in manifest}
    text = (DEPLOY / "kuberay.yaml").read_text(encoding="utf-8")
    used = set(re.findall(r"secretKeyRef: \{name: ([\w-]+), key: ([\w-]+)\}", text))
    for name, key in used:
        assert re.search(rf"create secret generic {name} [^#]*#?[^k]*", text)
        assert f"--from-literal={key}=" in text


def test_its_variables_are_settings(pods: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in pods[0]["spec"]["containers"][0]["env"]:
        if variable["name"].startswith(ENVIRONMENT_PREFIX):
            monkeypatch.setenv(variable["name"], variable.get("value", "'postgresql://x'"))
    settings = load_settings("cluster")
    assert settings.store.endpoint_url == "http://seaweedfs.store:8333"
    assert settings.api.url == "https://assay.example.com"


def test_counters_are_where_containers_of_ray_may_write_and_the_image_names_no_such_place(
    pods: list[dict[str, Any]],
) -> None:
    """The autoscaler, of the same image and with nothing but its variables, ends when it cannot write there."""
    for pod in pods:
        for container in pod["spec"]["containers"]:
            variables = {each["name"]: each.get("value", "") for each in container["env"]}
            folder = variables[SHARED_VARIABLE]
            assert any(folder.startswith(f"{mount['mountPath']}/") for mount in container["volumeMounts"])
    assert SHARED_VARIABLE not in (ROOT / "Dockerfile.gpu").read_text(encoding="utf-8")


def test_only_who_has_to_reaches_ray(manifest: list[dict[str, Any]]) -> None:
    policy = _one(manifest, "NetworkPolicy", "assay-ray")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    outsiders = [rule for rule in policy["ingress"] if "podSelector" not in rule["from"][0]]
    reachable = {port["port"] for rule in outsiders for port in rule["ports"]}
    assert reachable == {8000, 8265}
    (dashboard,) = [rule for rule in outsiders if 8265 in {port["port"] for port in rule["ports"]}]
    (operator,) = dashboard["from"]
    assert operator["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kuberay-system"}


def test_the_head_computes_nothing_and_serves_no_ray_clients(service: dict[str, Any]) -> None:
    parameters = service["spec"]["rayClusterConfig"]["headGroupSpec"]["rayStartParams"]
    assert (parameters["num-cpus"], parameters["ray-client-server-port"]) == ("0", "0")


def test_a_gpu_worker_has_one_whole_gpu(service: dict[str, Any]) -> None:
    (group,) = [each for each in service["spec"]["rayClusterConfig"]["workerGroupSpecs"] if each["groupName"] == "gpu"]
    (container,) = group["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1


def test_the_budget_is_one_that_kubernetes_can_reckon_with(manifest: list[dict[str, Any]]) -> None:
    """A RayCluster has no scale subresource: with `maxUnavailable` no node could ever be drained."""
    (budget,) = [one for one in manifest if one["kind"] == "PodDisruptionBudget"]
    (service,) = [one for one in manifest if one["kind"] == "RayService"]
    groups = service["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    assert "maxUnavailable" not in budget["spec"]
    assert budget["spec"]["minAvailable"] == sum(group["minReplicas"] for group in groups) - 1
