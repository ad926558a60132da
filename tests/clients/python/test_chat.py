"""Chat completions with the `openai` package, on each wire, blocking and not."""

import json

import pytest

import settings
from conftest import client, wish

MESSAGES = [{"role": "user", "content": "Hello"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def test_an_answer_has_text_and_usage(wire):
    answer = client(wire).chat.completions.create(model=settings.CHAT, messages=MESSAGES)
    assert answer.choices[0].message.content == "You said: Hello"
    assert answer.choices[0].finish_reason == "stop"
    # 3 around the message, one for `user`, one for `Hello`, 3 before the reply (OpenAI cookbook).
    assert answer.usage.prompt_tokens == 8
    assert answer.usage.total_tokens == 8 + answer.usage.completion_tokens


async def test_an_answer_can_be_awaited(wire):
    async with client(wire, asynchronous=True) as it:
        answer = await it.chat.completions.create(model=settings.CHAT, messages=MESSAGES)
    assert answer.choices[0].message.content == "You said: Hello"


def test_a_stream_has_the_same_text(wire):
    stream = client(wire).chat.completions.create(model=settings.CHAT, messages=MESSAGES, stream=True)
    chunks = list(stream)
    assert text(chunks) == "You said: Hello"
    assert all(chunk.usage is None for chunk in chunks)


async def test_a_stream_can_be_awaited(wire):
    async with client(wire, asynchronous=True) as it:
        stream = await it.chat.completions.create(model=settings.CHAT, messages=MESSAGES, stream=True)
        chunks = [chunk async for chunk in stream]
    assert text(chunks) == "You said: Hello"


def test_a_stream_ends_with_its_usage_when_asked_for(wire):
    stream = client(wire).chat.completions.create(
        model=settings.CHAT, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    *others, last = list(stream)
    assert last.choices == [] and last.usage.prompt_tokens == 8
    assert all(chunk.usage is None for chunk in others)


def test_a_paced_stream_arrives_bit_by_bit(wire):
    headers = wish("pace=5ms; words=20")
    stream = client(wire).chat.completions.create(
        model=settings.CHAT, messages=MESSAGES, stream=True, extra_headers=headers
    )
    assert len(text(list(stream)).split()) == 20


def test_the_streaming_helper_collects_the_answer(wire):
    with client(wire).chat.completions.stream(model=settings.CHAT, messages=MESSAGES) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_completion()
    assert answer.choices[0].message.content == "You said: Hello"


def test_a_tool_is_called_and_its_result_is_told(wire):
    it = client(wire)
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = it.chat.completions.create(model=settings.CHAT, messages=messages, tools=[WEATHER])
    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    call = message.tool_calls[0]
    assert call.function.name == "get_weather" and json.loads(call.function.arguments) == {"city": "Paris"}
    messages += [message, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
    second = it.chat.completions.create(model=settings.CHAT, messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content == "The tool answered: sunny"


def test_the_arguments_of_a_call_are_streamed(wire):
    stream = client(wire).chat.completions.create(
        model=settings.CHAT,
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        tools=[WEATHER],
        stream=True,
    )
    deltas = [chunk.choices[0].delta for chunk in stream if chunk.choices]
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    assert calls[0].function.name == "get_weather"
    assert json.loads("".join(call.function.arguments or "" for call in calls)) == {"city": "Paris"}


def test_a_schema_gives_an_object(wire):
    from pydantic import BaseModel

    class City(BaseModel):
        name: str
        inhabitants: int

    answer = client(wire).chat.completions.parse(
        model=settings.CHAT,
        messages=[{"role": "user", "content": "Paris has 2100000 inhabitants"}],
        response_format=City,
    )
    assert answer.choices[0].message.parsed == City(name="Paris", inhabitants=2100000)


def test_the_older_completions_are_answered(wire):
    answer = client(wire).completions.create(model=settings.CHAT, prompt="Hello")
    assert answer.choices[0].text == "You said: Hello"


def test_the_providers_key_reaches_the_model_and_the_callers_does_not(wire, record):
    client(wire).chat.completions.create(model=settings.CHAT, messages=MESSAGES)
    request = record.requests()[-1]
    assert request["credential"]["key"] in ("key1", "key2")
    if not settings.DIRECT:
        import hashlib

        ours = hashlib.sha256(settings.KEY.encode()).hexdigest()
        assert ours not in json.dumps(request)


def text(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@pytest.mark.parametrize("how", ["stream", "whole"])
def test_a_compressed_answer_is_read(wire, how):
    create = client(wire).chat.completions.create
    headers = wish("gzip")
    if how == "whole":
        answer = create(model=settings.CHAT, messages=MESSAGES, extra_headers=headers)
        assert answer.choices[0].message.content == "You said: Hello"
    else:
        chunks = list(create(model=settings.CHAT, messages=MESSAGES, stream=True, extra_headers=headers))
        assert text(chunks) == "You said: Hello"
