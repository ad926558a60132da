"""Semantic Kernel for Python: its Azure OpenAI and OpenAI connectors.

Its Azure connectors take `endpoint` over https only; `base_url` (the endpoint with `/openai`) may be http.
"""

import pytest
from openai import AsyncOpenAI
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    AzureChatCompletion,
    AzureTextEmbedding,
    OpenAIChatCompletion,
    OpenAIChatPromptExecutionSettings,
)
from semantic_kernel.contents import ChatHistory
from semantic_kernel.functions import kernel_function

import settings


class Weather:
    """A plugin. It remembers what it was asked."""

    def __init__(self):
        self.cities = []

    @kernel_function(name="get_weather", description="The weather of a city")
    def get_weather(self, city: str) -> str:
        self.cities.append(city)
        return "sunny"


def connector(wire):
    if wire == "azure":
        return AzureChatCompletion(
            service_id="chat",
            deployment_name=settings.CHAT,
            base_url=settings.AZURE + "/openai",
            api_key=settings.KEY,
            api_version=settings.API_VERSION,
        )
    base = settings.AZURE_V1 if wire == "azure-v1" else settings.OPENAI
    client = AsyncOpenAI(base_url=base, api_key=settings.KEY)
    return OpenAIChatCompletion(service_id="chat", ai_model_id=settings.CHAT, async_client=client)


def history(text):
    history = ChatHistory()
    history.add_user_message(text)
    return history


async def test_a_chat_is_answered(wire):
    answer = await connector(wire).get_chat_message_content(history("Hello"), OpenAIChatPromptExecutionSettings())
    assert str(answer) == "You said: Hello"
    assert answer.metadata["usage"].prompt_tokens == 8


async def test_a_chat_is_streamed(wire):
    stream = connector(wire).get_streaming_chat_message_content(history("Hello"), OpenAIChatPromptExecutionSettings())
    assert "".join([str(part) async for part in stream]) == "You said: Hello"


@pytest.mark.parametrize("how", ["whole", "streamed"])
async def test_a_plugin_is_called(wire, how):
    kernel, weather, chat = Kernel(), Weather(), connector(wire)
    kernel.add_service(chat)
    kernel.add_plugin(weather, plugin_name="weather")
    options = OpenAIChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
    asked = history("What is the weather in Paris?")
    if how == "whole":
        answer = str(await chat.get_chat_message_content(asked, options, kernel=kernel))
    else:
        stream = chat.get_streaming_chat_message_content(asked, options, kernel=kernel)
        answer = "".join([str(part) async for part in stream if part is not None])
    assert weather.cities == ["Paris"]
    assert answer.endswith("The tool answered: sunny")


async def test_a_prompt_is_invoked(wire):
    kernel = Kernel()
    kernel.add_service(connector(wire))
    answer = await kernel.invoke_prompt("Hello")
    assert str(answer) == "You said: Hello"


@pytest.mark.skipif("azure" not in settings.WIRES, reason="the Azure connector needs the dated API")
async def test_texts_are_embedded():
    connector = AzureTextEmbedding(
        deployment_name=settings.EMBEDDING,
        base_url=settings.AZURE + "/openai",
        api_key=settings.KEY,
        api_version=settings.API_VERSION,
    )
    vectors = await connector.generate_embeddings(["tiktoken is great!", "Hello"])
    assert vectors.shape == (2, 1536)
