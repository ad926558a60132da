"""The clients of other vendors, unchanged, behind the policy that guards Azure's models too: walk-through, point 5."""

import cohere
import pytest
from azure.identity import ClientSecretCredential
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

import identity_facts as facts
import settings

pytestmark = pytest.mark.skipif(not facts.THERE, reason=facts.WHY_NOT)

MISTRAL = "mistral-small-latest"
COHERE = "command-a-03-2025"
HELLO = [{"role": "user", "content": "Hello"}]


def token(name):
    app = facts.app(name)
    credential = ClientSecretCredential(
        facts.IDENTITY["tenant"],
        app["clientId"],
        app["secret"],
        authority=facts.IDENTITY["authority"],
        disable_instance_discovery=True,
    )
    return credential.get_token(facts.SCOPE).token


def mistral(name):
    # The client adds `/v1/chat/completions`.
    return Mistral(api_key=token(name), server_url=settings.GATEWAY + "/teams/mistral")


def cohere_client(name):
    # The client adds `/v2/chat`.
    return cohere.ClientV2(api_key=token(name), base_url=settings.GATEWAY + "/teams/cohere")


def test_mistral_answers_a_team_with_the_role(record):
    answer = mistral("red").chat.complete(model=MISTRAL, messages=HELLO)
    assert answer.choices[0].message.content == "You said: Hello"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    [received] = record.requests()
    assert received["credential"] == {"account": "mistral", "key": "key1"}


def test_mistral_streams():
    events = list(mistral("red").chat.stream(model=MISTRAL, messages=HELLO))
    assert "".join(event.data.choices[0].delta.content for event in events) == "You said: Hello"
    assert events[-1].data.usage.completion_tokens > 0


def test_mistral_is_refused_to_a_team_without_the_role(record):
    with pytest.raises(SDKError) as refused:
        mistral("blue").chat.complete(model=MISTRAL, messages=HELLO)
    assert refused.value.status_code == 403
    assert "ModelNotAllowed" in refused.value.body
    assert record.requests() == []


def test_cohere_answers_a_team_with_the_role(record):
    answer = cohere_client("blue").chat(model=COHERE, messages=HELLO)
    assert answer.message.content[0].text == "You said: Hello"
    assert answer.finish_reason == "COMPLETE"
    [received] = record.requests()
    assert received["credential"] == {"account": "cohere", "key": "key1"}


def test_cohere_streams():
    events = list(cohere_client("blue").chat_stream(model=COHERE, messages=HELLO))
    text = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    assert "".join(text) == "You said: Hello"
    assert events[-1].delta.usage.tokens.output_tokens > 0


def test_cohere_is_refused_to_a_team_without_the_role(record):
    with pytest.raises(cohere.errors.ForbiddenError):
        cohere_client("red").chat(model=COHERE, messages=HELLO)
    assert record.requests() == []
