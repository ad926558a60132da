"""Errors of the gateway as OpenAI's own client understands them, where an API has `errors = "openai"`.

Gateway and simulator are the program itself, as in `test_realtime.py`.
"""

import json

import openai
import pytest

from test_realtime import SETTINGS, program, started

MESSAGES = [{"role": "user", "content": "Hello"}]
PROVIDER = "provider-key-of-the-error-tests"
POLICY = """<policies>
    <inbound><base /><set-header name="Authorization" exists-action="override"><value>Bearer {{key}}</value></set-header></inbound>
    <backend><forward-request /></backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>"""


def api(folder, name, models, **properties):
    """An API that serves chats, at the path of its name."""
    place = folder / "apis" / name
    place.mkdir(parents=True)
    properties |= {"displayName": name, "path": name, "protocols": ["http"], "serviceUrl": f"http://{models}/v1"}
    (place / "apiInformation.json").write_text(json.dumps({"properties": properties}))
    chat = {"post": {"operationId": "chat", "responses": {"200": {"description": "a chat"}}}}
    definition = {"openapi": "3.0.1", "info": {"title": name, "version": "1"}, "paths": {"/chat/completions": chat}}
    (place / "specification.json").write_text(json.dumps(definition))
    (place / "policy.xml").write_text(POLICY)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    root = tmp_path_factory.mktemp("errors")
    environment = {"MODELS_KEY": PROVIDER}
    simulate = [program(), "simulate", "models", "--port", "0", "--key-variable", "MODELS_KEY"]
    models, simulator = started(simulate, r"what it received http://([0-9.:]+)/", env=environment)
    folder = root / "apim"
    api(folder, "open", simulator, subscriptionRequired=False)
    api(folder, "closed", simulator, subscriptionRequired=True)
    value = folder / "named values" / "key" / "namedValueInformation.json"
    value.parent.mkdir(parents=True)
    value.write_text(json.dumps({"properties": {"displayName": "key", "secret": True}}))
    (folder / "secrets.toml").write_text('[named-values]\nkey = { env = "MODELS_KEY" }\n')
    (folder / "overlay.toml").write_text('[apis.open]\nerrors = "openai"\n[apis.closed]\nerrors = "openai"\n')
    (root / "cardea.toml").write_text(SETTINGS)
    serve = [program(), "serve", "--artifacts", str(folder), "--settings", str(root / "cardea.toml")]
    process, address = started(serve, r"listening.*?([0-9.]+:[0-9]+)", env=environment, cwd=root)
    yield address
    for each in (process, models):
        each.terminate()
        each.wait(timeout=20)


def ask(address, name, **options):
    client = openai.OpenAI(base_url=f"http://{address}/{name}", api_key="none", max_retries=0)
    return client.chat.completions.create(model="gpt-4o", messages=MESSAGES, **options)


def test_a_refusal_has_its_message_where_the_client_looks_for_it(gateway):
    with pytest.raises(openai.AuthenticationError) as refused:
        ask(gateway, "closed")
    assert refused.value.body["message"].startswith("Access denied due to missing subscription key.")
    assert (refused.value.type, refused.value.code) == ("invalid_request_error", None)


@pytest.mark.parametrize("cut", ["close", "reset"])
def test_a_stream_that_breaks_off_is_an_error_of_the_api_and_not_of_the_connection(gateway, cut):
    wish = f"words=50; cut-after=10; cut={cut}; pace=1ms"
    chunks = []
    with pytest.raises(openai.APIError) as broken:
        for chunk in ask(gateway, "open", stream=True, extra_headers={"x-simulate": wish}):
            chunks.append(chunk)
    assert not isinstance(broken.value, openai.APIConnectionError)
    assert broken.value.message.startswith("Internal server error (activityId: ")
    assert broken.value.type == "server_error"
    assert 0 < len(chunks) <= 10
