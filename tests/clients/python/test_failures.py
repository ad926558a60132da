"""What the `openai` package makes of refusals and of services that let it down."""

import openai
import pytest

import settings
from conftest import client, wish

MESSAGES = [{"role": "user", "content": "Hello"}]


def ask(it, **options):
    return it.chat.completions.create(model=settings.CHAT, messages=MESSAGES, **options)


def test_a_wrong_key_is_an_authentication_error(wire):
    with pytest.raises(openai.AuthenticationError) as refused:
        ask(client(wire, api_key="wrong"))
    assert refused.value.status_code == 401


def test_an_unknown_model_is_not_found(wire):
    with pytest.raises(openai.NotFoundError):
        client(wire, api_key=settings.KEY_TO_ALL).chat.completions.create(model="no-such-model", messages=MESSAGES)


@pytest.mark.skipif(settings.KEY_TO_ALL == settings.KEY, reason="one key only: nothing is forbidden to it")
def test_a_model_that_the_product_does_not_allow_is_refused_with_its_reason(wire):
    with pytest.raises(openai.PermissionDeniedError, match="does not allow the model gpt-4o"):
        client(wire).chat.completions.create(model="gpt-4o", messages=MESSAGES)


def test_a_wrong_parameter_is_a_bad_request(wire):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client(wire), max_tokens=0)
    assert refused.value.code == "integer_below_min_value" and refused.value.param == "max_tokens"


def test_a_throttled_call_is_a_rate_limit_error(wire):
    headers = wish("status=429; retry-after=3; retry-after-ms=2500")
    with pytest.raises(openai.RateLimitError) as refused:
        ask(client(wire, max_retries=0), extra_headers=headers)
    assert refused.value.response.headers["retry-after"] == "3"
    assert refused.value.response.headers["retry-after-ms"] == "2500"


def test_a_call_that_is_throttled_once_is_repeated(wire, record):
    headers = wish("status=429; retry-after-ms=1; once")
    answer = ask(client(wire), extra_headers=headers)
    assert answer.choices[0].message.content == "You said: Hello"
    assert [request["status"] for request in record.requests()] == [429, 200]


def test_a_broken_service_is_an_internal_server_error(wire):
    with pytest.raises(openai.InternalServerError) as refused:
        ask(client(wire, max_retries=0), extra_headers=wish("status=503"))
    assert refused.value.status_code == 503


@pytest.mark.parametrize("cut", ["close", "reset"])
def test_a_cut_stream_is_a_connection_error_after_what_came(wire, cut):
    stream = ask(client(wire), stream=True, extra_headers=wish(f"words=50; cut-after=10; cut={cut}; pace=1ms"))
    chunks = []
    with pytest.raises(openai.APIConnectionError):
        for chunk in stream:
            chunks.append(chunk)
    assert 0 < len(chunks) <= 10


def test_a_service_that_hangs_is_a_timeout(wire):
    with pytest.raises(openai.APITimeoutError):
        ask(client(wire, max_retries=0, timeout=0.3), extra_headers=wish("hang=before-head"))


def test_a_caller_that_goes_away_cancels_the_call(wire, record):
    stream = ask(client(wire), stream=True, extra_headers=wish("words=50; hang=after-5"))
    next(iter(stream))
    stream.close()
    assert [request["outcome"] for request in record.requests()] == ["caller gone"]
