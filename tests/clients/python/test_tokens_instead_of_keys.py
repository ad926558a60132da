"""Clients that bring a token instead of a key, to an API that needs no subscription: walk-through, point 1.

The token comes from `azure-identity`; the gateway signs in at the model with its own identity.
"""

import pytest
from azure.identity import ClientSecretCredential, get_bearer_token_provider
from openai import APIStatusError, AuthenticationError, AzureOpenAI
from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion, OpenAIChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory
from semantic_kernel.exceptions import ServiceResponseException

import identity_facts as facts
import settings

pytestmark = pytest.mark.skipif(not facts.THERE, reason=facts.WHY_NOT)

BY_TOKEN = settings.GATEWAY + "/token"
FOR_TEAMS = settings.GATEWAY + "/teams"


def provider(name):
    app = facts.app(name)
    credential = ClientSecretCredential(
        facts.IDENTITY["tenant"],
        app["clientId"],
        app["secret"],
        authority=facts.IDENTITY["authority"],
        disable_instance_discovery=True,
    )
    return get_bearer_token_provider(credential, facts.SCOPE)


def kernel_chat(name):
    return AzureChatCompletion(
        deployment_name="gpt-4o-mini",
        base_url=BY_TOKEN + "/openai",
        api_version=settings.API_VERSION,
        ad_token_provider=provider(name),
    )


def hello():
    history = ChatHistory()
    history.add_user_message("Hello")
    return history


def chat(client, model="gpt-4o-mini", **options):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hello"}], **options)


def azure(endpoint, name):
    return AzureOpenAI(
        azure_endpoint=endpoint, api_version=settings.API_VERSION, azure_ad_token_provider=provider(name), max_retries=0
    )


async def test_semantic_kernel_with_the_role(record):
    answer = await kernel_chat("red").get_chat_message_content(hello(), OpenAIChatPromptExecutionSettings())
    assert str(answer) == "You said: Hello"
    [received] = record.requests()
    assert received["credential"] == {"principal": facts.IDENTITY["gateway"]["objectId"]}
    assert "api-key" not in received["headers"]


async def test_semantic_kernel_streams_with_the_role():
    stream = kernel_chat("red").get_streaming_chat_message_content(hello(), OpenAIChatPromptExecutionSettings())
    assert "".join([str(part) async for part in stream]) == "You said: Hello"


async def test_semantic_kernel_without_the_role(record):
    with pytest.raises(ServiceResponseException) as refused:
        await kernel_chat("stranger").get_chat_message_content(hello(), OpenAIChatPromptExecutionSettings())
    assert isinstance(refused.value.__cause__, AuthenticationError)
    assert record.requests() == []


def test_openai_with_the_role():
    answer = chat(azure(BY_TOKEN, "red"))
    assert answer.choices[0].message.content == "You said: Hello"


def test_openai_without_the_role(record):
    with pytest.raises(AuthenticationError):
        chat(azure(BY_TOKEN, "stranger"))
    assert record.requests() == []


@pytest.mark.parametrize("how", ["whole", "streamed"])
def test_a_team_may_call_the_models_of_its_roles_only(record, how):
    stream = how == "streamed"
    chat(azure(FOR_TEAMS, "red"), "gpt-4o-mini", stream=stream)
    assert len(record.requests()) == 1
    with pytest.raises(APIStatusError) as refused:
        chat(azure(FOR_TEAMS, "red"), "gpt-4o", stream=stream)
    assert (refused.value.status_code, refused.value.code) == (403, "ModelNotAllowed")
    assert len(record.requests()) == 1
    chat(azure(FOR_TEAMS, "blue"), "gpt-4o", stream=stream)
    assert len(record.requests()) == 2
