"""`azure-keyvault-secrets` for Python against the vault, over HTTPS, with its check of the vault's challenge."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient

import identity_facts as facts

pytestmark = pytest.mark.skipif(not facts.THERE, reason=facts.WHY_NOT)


def client(name="operator", **options):
    app = facts.app(name)
    credential = ClientSecretCredential(
        facts.IDENTITY["tenant"],
        app["clientId"],
        app["secret"],
        authority=facts.IDENTITY["authority"],
        disable_instance_discovery=True,
    )
    return SecretClient(facts.VAULT["url"], credential, **options)


@pytest.fixture
def name():
    return f"test-{uuid.uuid4()}"


def test_a_secret_is_set_and_read_and_has_versions(name):
    vault = client()
    first = vault.set_secret(name, "one", content_type="text/plain", tags={"team": "red"})
    second = vault.set_secret(name, "two")
    assert vault.get_secret(name).value == "two"
    assert vault.get_secret(name, first.properties.version).value == "one"
    found = vault.get_secret(name, first.properties.version).properties
    assert (found.content_type, found.tags, found.enabled) == ("text/plain", {"team": "red"}, True)
    versions = {version.version for version in vault.list_properties_of_secret_versions(name)}
    assert versions == {first.properties.version, second.properties.version}
    assert name in [listed.name for listed in vault.list_properties_of_secrets()]


def test_a_disabled_secret_is_not_given(name):
    vault = client()
    secret = vault.set_secret(name, "one")
    vault.update_secret_properties(name, secret.properties.version, enabled=False)
    with pytest.raises(HttpResponseError) as refused:
        vault.get_secret(name)
    assert refused.value.status_code == 403
    vault.update_secret_properties(name, secret.properties.version, enabled=True)
    assert vault.get_secret(name).value == "one"


def test_a_deleted_secret_can_be_recovered_until_it_is_purged(name):
    vault = client()
    vault.set_secret(name, "one")
    vault.begin_delete_secret(name).wait()
    with pytest.raises(ResourceNotFoundError):
        vault.get_secret(name)
    assert vault.get_deleted_secret(name).name == name
    vault.begin_recover_deleted_secret(name).wait()
    assert vault.get_secret(name).value == "one"
    vault.begin_delete_secret(name).wait()
    vault.purge_deleted_secret(name)
    with pytest.raises(ResourceNotFoundError):
        vault.get_deleted_secret(name)


def test_what_is_not_there_is_not_found(name):
    with pytest.raises(ResourceNotFoundError) as refused:
        client().get_secret(name)
    assert refused.value.error.code == "SecretNotFound"


def test_many_secrets_are_listed_in_pages(name):
    vault = client()
    names = {f"{name}-{number}" for number in range(5)}
    for each in names:
        vault.set_secret(each, "x")
    pages = list(vault.list_properties_of_secrets(max_page_size=2).by_page())
    assert len(pages) > 2
    listed = [secret.name for secret in vault.list_properties_of_secrets(max_page_size=2)]
    assert names <= set(listed) and len(listed) == len(set(listed))


def test_who_was_granted_nothing_gets_nothing(name):
    client().set_secret(name, "one")
    for attempt in [lambda: client("stranger").get_secret(name), lambda: client("stranger").set_secret(name, "two")]:
        with pytest.raises(HttpResponseError) as refused:
            attempt()
        assert refused.value.status_code == 403
    assert client().get_secret(name).value == "one"
