"""`client.realtime` of OpenAI's own client, through a gateway that serves `examples/realtime` and puts the provider's key in.

Gateway and simulator are the program itself (`CARDEA_BIN`, unless set `target/release/cardea` or `target/debug/cardea`).
"""

import os
import pathlib
import re
import shutil
import subprocess
import time

import httpx
import openai
import pytest
import websockets

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROVIDER = "provider-key-of-the-realtime-tests"
CALLER = "caller-key-of-the-realtime-tests"

SETTINGS = """
[listen]
address = "127.0.0.1:0"
[admin]
enabled = false
[runtime]
threads = 1
[state]
dir = "state"
"""


def program():
    named = os.environ.get("CARDEA_BIN")
    candidates = [pathlib.Path(named)] if named else [ROOT / "target" / kind / "cardea" for kind in ("release", "debug")]
    return next(str(each) for each in candidates if each.exists())


def started(arguments, pattern, **options):
    """A process, and what the pattern finds in what it says first."""
    process = subprocess.Popen(arguments, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, **options)
    said = ""
    for line in process.stdout:
        said += line
        found = re.search(pattern, line)
        if found:
            return process, found.group(1)
    raise RuntimeError(said)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Where the gateway is, and the simulator behind it."""
    root = tmp_path_factory.mktemp("realtime")
    environment = {"CARDEA_SIMULATOR_KEY": PROVIDER, "MODELS_KEY": PROVIDER, "TEAM_A_KEY": CALLER}
    models, simulator = started(
        [program(), "simulate", "models", "--port", "0", "--key-variable", "MODELS_KEY"],
        r"what it received http://([0-9.:]+)/",
        env=environment,
    )
    folder = root / "apim"
    shutil.copytree(ROOT / "examples" / "realtime", folder)
    url = folder / "named values" / "models-url" / "namedValueInformation.json"
    url.write_text(url.read_text().replace("127.0.0.1:8401", simulator))
    (root / "cardea.toml").write_text(SETTINGS)
    gateway, address = started(
        [program(), "serve", "--artifacts", str(folder), "--settings", str(root / "cardea.toml")],
        r"listening.*?([0-9.]+:[0-9]+)",
        env=environment,
        cwd=root,
    )
    yield address, simulator
    for process in (gateway, models):
        process.terminate()
        process.wait(timeout=20)


def client(address, wire, key=CALLER):
    if wire == "azure":
        return openai.AsyncAzureOpenAI(
            azure_endpoint=f"http://{address}",
            websocket_base_url=f"ws://{address}/openai",
            api_version="2025-04-01-preview",
            api_key=key,
        )
    return openai.AsyncOpenAI(base_url=f"http://{address}/v1", api_key=key)


async def converse(connection, text):
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    )
    await connection.response.create()
    said = ""
    async for event in connection:
        assert event.type != "error", event
        if event.type in ("response.output_text.delta", "response.text.delta"):
            said += event.delta
        if event.type == "response.done":
            return said, event.response


@pytest.mark.asyncio
@pytest.mark.parametrize("wire", ["openai", "azure"])
async def test_a_conversation(places, wire):
    address, simulator = places
    httpx.delete(f"http://{simulator}/_simulator/requests")
    async with client(address, wire).realtime.connect(model="gpt-4o") as connection:
        first = await connection.recv()
        assert first.type == "session.created"
        wanted = {"modalities": ["text"]} if wire == "azure" else {"type": "realtime", "output_modalities": ["text"]}
        await connection.session.update(session=wanted)
        said, response = await converse(connection, "Hello")
        assert said == "You said: Hello"
        assert response.status == "completed"
        assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
        said, _ = await converse(connection, "Again")
        assert said == "You said: Again"
    record = httpx.get(f"http://{simulator}/_simulator/requests?settled").json()["requests"]
    assert [each["status"] for each in record] == [101]
    assert CALLER not in str(record), "the caller's key stays here"


@pytest.mark.asyncio
@pytest.mark.parametrize("wire", ["openai", "azure"])
async def test_a_wrong_key_is_refused(places, wire):
    address, _ = places
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        async with client(address, wire, key="wrong").realtime.connect(model="gpt-4o"):
            pass
    assert refused.value.response.status_code == 401


@pytest.mark.asyncio
async def test_a_browser_sends_the_key_among_the_subprotocols(places):
    address, simulator = places
    httpx.delete(f"http://{simulator}/_simulator/requests")
    protocols = ["realtime", f"openai-insecure-api-key.{CALLER}"]
    url = f"ws://{address}/v1/realtime?model=gpt-4o"
    async with websockets.connect(url, subprotocols=protocols) as connection:
        assert connection.subprotocol == "realtime"
        assert "session.created" in await connection.recv()
        # Larger than any buffer on the way.
        await connection.send('{"type": "input_audio_buffer.append", "audio": "' + "A" * 4_000_000 + '"}')
        await connection.send('{"type": "input_audio_buffer.clear"}')
        assert "input_audio_buffer.cleared" in await connection.recv()
    record = httpx.get(f"http://{simulator}/_simulator/requests?settled").json()["requests"]
    assert CALLER not in str(record), "the caller's key stays here"
