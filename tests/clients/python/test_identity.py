"""`azure-identity` for Python against the identity provider and the managed identity endpoints, unchanged."""

import base64
import json

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

import identity_facts as facts

pytestmark = pytest.mark.skipif(not facts.THERE, reason=facts.WHY_NOT)

MODELS = "https://cognitiveservices.azure.com/.default"


def claims(token):
    """What a token says. Whether it is good, those say who verify it."""
    body = token.token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def options():
    return {"authority": facts.IDENTITY["authority"], "disable_instance_discovery": True}


def test_a_client_secret():
    red = facts.app("red")
    credential = ClientSecretCredential(facts.IDENTITY["tenant"], red["clientId"], red["secret"], **options())
    token = claims(credential.get_token(facts.SCOPE))
    assert token["appid"] == red["clientId"]
    assert token["aud"] == "api://models"
    assert token["tid"] == facts.IDENTITY["tenant"]
    assert "Model.gpt-4o-mini" in token["roles"]


def test_a_wrong_client_secret():
    red = facts.app("red")
    credential = ClientSecretCredential(facts.IDENTITY["tenant"], red["clientId"], "wrong", **options())
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(facts.SCOPE)


def test_a_certificate():
    operator = facts.app("operator")
    credential = CertificateCredential(
        facts.IDENTITY["tenant"],
        operator["clientId"],
        certificate_data=operator["certificate"].encode(),
        **options(),
    )
    assert claims(credential.get_token(facts.SCOPE))["appid"] == operator["clientId"]


def test_a_workloads_token(tmp_path):
    # Kubernetes writes no newline at the end of the file; people do, and the client sends it along.
    file = tmp_path / "token"
    file.write_text(facts.IDENTITY["federatedToken"] + "\n")
    operator = facts.app("operator")
    credential = WorkloadIdentityCredential(
        tenant_id=facts.IDENTITY["tenant"],
        client_id=operator["clientId"],
        token_file_path=str(file),
        **options(),
    )
    assert claims(credential.get_token(facts.SCOPE))["appid"] == operator["clientId"]


def test_the_instance_metadata_service(monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", facts.IDENTITY["imds"])
    token = ManagedIdentityCredential().get_token(MODELS)
    assert claims(token)["oid"] == facts.IDENTITY["gateway"]["objectId"]
    assert claims(token)["aud"].rstrip("/") == "https://cognitiveservices.azure.com"


def test_an_app_service(monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", facts.IDENTITY["appService"]["endpoint"])
    monkeypatch.setenv("IDENTITY_HEADER", facts.IDENTITY["appService"]["header"])
    by_id = ManagedIdentityCredential(client_id=facts.IDENTITY["gateway"]["clientId"])
    for credential in [ManagedIdentityCredential(), by_id]:
        assert claims(credential.get_token(MODELS))["oid"] == facts.IDENTITY["gateway"]["objectId"]


def test_an_app_service_with_a_wrong_header(monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", facts.IDENTITY["appService"]["endpoint"])
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with pytest.raises(ClientAuthenticationError):
        ManagedIdentityCredential().get_token(MODELS)
