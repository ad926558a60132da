"""Embeddings, responses and models with the `openai` package."""

import json

import settings
from conftest import client


def test_an_embedding_has_the_models_dimensions(wire):
    answer = client(wire).embeddings.create(model=settings.EMBEDDING, input="tiktoken is great!")
    assert len(answer.data[0].embedding) == 1536
    assert answer.usage.prompt_tokens == 6


async def test_similar_texts_have_near_vectors(wire):
    texts = ["How do I reset my password?", "I want to reset the password", "What is the weather in Paris?"]
    async with client(wire, asynchronous=True) as it:
        answer = await it.embeddings.create(model=settings.EMBEDDING, input=texts)
    one, near, far = (item.embedding for item in answer.data)
    assert product(one, near) > product(one, far) + 0.3


def test_floats_are_the_default_vector(wire):
    it = client(wire)
    floats = it.embeddings.create(model=settings.EMBEDDING, input="Hello", encoding_format="float")
    default = it.embeddings.create(model=settings.EMBEDDING, input="Hello")
    assert max(abs(a - b) for a, b in zip(floats.data[0].embedding, default.data[0].embedding)) < 1e-6


def test_dimensions_can_be_asked_for(wire):
    answer = client(wire).embeddings.create(model=settings.EMBEDDING, input=["a", "b"], dimensions=8)
    assert [len(item.embedding) for item in answer.data] == [8, 8]


def product(one, other):
    return sum(a * b for a, b in zip(one, other))


def responses(wire, **options):
    if wire == "azure":
        options["api_version"] = settings.RESPONSES_API_VERSION
    return client(wire, **options)


def test_a_response_has_text_and_usage(wire):
    answer = responses(wire).responses.create(model=settings.CHAT, input="Hello")
    assert answer.output_text == "You said: Hello"
    assert answer.usage.input_tokens == 8


async def test_a_response_can_be_streamed(wire):
    async with responses(wire, asynchronous=True) as it:
        stream = await it.responses.create(model=settings.CHAT, input="Hello", stream=True)
        events = [event async for event in stream]
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "You said: Hello"
    assert events[-1].response.usage.input_tokens == 8


def test_the_streaming_helper_collects_the_response(wire):
    with responses(wire).responses.stream(model=settings.CHAT, input="Hello") as stream:
        for _ in stream:
            pass
        answer = stream.get_final_response()
    assert answer.output_text == "You said: Hello"


def test_a_function_is_called_and_its_output_is_told(wire):
    it = responses(wire)
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools = [{"type": "function", "name": "get_weather", "parameters": schema, "strict": False}]
    first = it.responses.create(model=settings.CHAT, input="What is the weather in Paris?", tools=tools)
    call = first.output[0]
    assert call.type == "function_call" and json.loads(call.arguments) == {"city": "Paris"}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    second = it.responses.create(
        model=settings.CHAT, input=[output], previous_response_id=first.id, tools=tools
    )
    assert second.output_text == "The tool answered: sunny"


def test_a_stored_response_is_read_and_deleted(wire):
    it = responses(wire)
    created = it.responses.create(model=settings.CHAT, input="Hello")
    assert it.responses.retrieve(created.id).output_text == "You said: Hello"
    it.responses.delete(created.id)


def test_models_are_listed(wire):
    ids = [model.id for model in client(wire).models.list()]
    assert any(model.startswith(settings.CHAT) for model in ids)
