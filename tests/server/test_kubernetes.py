"""The manifests for Kubernetes are what its own schemas ask for, and agree with the server."""

import re
from typing import Any

import pytest
import yaml

from pages.server import metrics, settings
from tests.browser.server import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
MANIFESTS = {
    path.name: yaml.safe_load(path.read_text("utf-8"))
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.name != "kustomization.yaml"
}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


def pod() -> dict[str, Any]:
    return MANIFESTS["deployment.yaml"]["spec"]["template"]["spec"]


@pytest.mark.long
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_what_the_schema_of_its_kind_asks_for(name):
    import kubernetes_validate

    kubernetes_validate.validate(MANIFESTS[name], kubernetes_validate.latest_version(), strict=True)


@pytest.mark.long
def test_a_misspelt_manifest_is_found():
    import kubernetes_validate

    wrong = {**MANIFESTS["service.yaml"], "spec": {"selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_every_manifest_is_applied():
    told = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))
    assert set(told["resources"]) == set(MANIFESTS)


def test_what_the_container_is_told_are_settings_of_the_server():
    (container,) = pod()["containers"]
    told = {each["name"] for each in container["env"]}
    ours = {name.removeprefix("ATTENTION_LAB_") for name in told if name.startswith("ATTENTION_LAB_")}
    assert ours <= settings.TOLD.keys()
    assert {"PUBLIC", "RUNS", "DATABASE", "METRICS"} <= ours
    assert "STREAMLIT_SERVER_COOKIE_SECRET" in told
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert ports["web"] == int(re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)[0])
    (watched,) = (each["value"] for each in container["env"] if each["name"] == "ATTENTION_LAB_METRICS")
    assert ports["watch"] == int(watched.rpartition(":")[2])


def test_the_image_speaks_to_the_database_that_was_tested():
    (tested,) = re.findall(r"^(psycopg\S+)", (ROOT / "tests" / "requirements-all.txt").read_text("utf-8"), re.MULTILINE)
    assert f'"{tested}"' in DOCKERFILE


def test_everything_speaks_of_the_same_pods():
    (label,) = MANIFESTS["deployment.yaml"]["spec"]["template"]["metadata"]["labels"].items()
    spec = {name: manifest["spec"] for name, manifest in MANIFESTS.items()}
    assert dict([label]) == spec["service.yaml"]["selector"] == spec["deployment.yaml"]["selector"]["matchLabels"]
    assert dict([label]) == spec["disruption.yaml"]["selector"]["matchLabels"]
    assert dict([label]) == spec["network.yaml"]["podSelector"]["matchLabels"]


def test_nothing_gets_out_but_to_the_database():
    policy = MANIFESTS["network.yaml"]["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    (way,) = policy["egress"]
    assert [place["ipBlock"]["cidr"].endswith("/32") for place in way["to"]] == [True]
    assert [port["port"] for port in way["ports"]] == [5432]


def test_nothing_that_is_written_reaches_a_disk():
    assert pod()["containers"][0]["securityContext"]["readOnlyRootFilesystem"]
    assert {volume["emptyDir"]["medium"] for volume in pod()["volumes"]} == {"Memory"}


def test_the_autoscaler_reads_a_number_that_the_server_tells():
    (metric,) = MANIFESTS["autoscaler.yaml"]["spec"]["metrics"]
    told = {
        f"{family.name}_{sample.labels.get('state', '')}"
        for family in metrics.Numbers().collect()
        for sample in family.samples
    }
    assert metric["pods"]["metric"]["name"] in told
    assert f"as: {metric['pods']['metric']['name']}" in (FOLDER / "README.md").read_text("utf-8")
