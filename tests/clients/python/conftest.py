"""Clients of the three wires, and the simulator's record of what reached it."""

import uuid

import httpx
import openai
import pytest

import settings


def client(wire, asynchronous=False, **options):
    """The vendor's own client, set up as its users set it up."""
    options.setdefault("api_key", settings.KEY)
    if wire == "azure":
        make = openai.AsyncAzureOpenAI if asynchronous else openai.AzureOpenAI
        options.setdefault("api_version", settings.API_VERSION)
        return make(azure_endpoint=settings.AZURE, **options)
    make = openai.AsyncOpenAI if asynchronous else openai.OpenAI
    base = settings.AZURE_V1 if wire == "azure-v1" else settings.OPENAI
    return make(base_url=base, **options)


def wish(text):
    """A header that asks the simulator to behave so; no other test's wish is the same."""
    return {"x-simulate": f"{text}; label={uuid.uuid4()}"}


class Record:
    """What the simulator received from this test."""

    def requests(self):
        answer = httpx.get(settings.SIMULATOR + "/_simulator/requests?settled")
        return answer.json()["requests"]

    def clear(self):
        httpx.delete(settings.SIMULATOR + "/_simulator/requests")


@pytest.fixture
def record():
    """Begins empty for each test."""
    record = Record()
    record.clear()
    return record


@pytest.fixture(params=settings.WIRES)
def wire(request):
    return request.param
