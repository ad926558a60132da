// Embeddings, responses and models with the `openai` package for JavaScript.
import assert from "node:assert/strict";
import { test } from "node:test";

import { CHAT, EMBEDDING, WIRES, client } from "./settings.js";

for (const wire of WIRES) {
  test(`${wire}: an embedding has the model's dimensions`, async () => {
    const answer = await client(wire).embeddings.create({ model: EMBEDDING, input: "tiktoken is great!" });
    assert.equal(answer.data[0].embedding.length, 1536);
    assert.equal(answer.usage.prompt_tokens, 6);
  });

  test(`${wire}: floats are the default vector`, async () => {
    const it = client(wire);
    const floats = await it.embeddings.create({ model: EMBEDDING, input: "Hello", encoding_format: "float" });
    const [expected] = floats.data;
    const [found] = (await it.embeddings.create({ model: EMBEDDING, input: "Hello" })).data;
    assert.ok(found.embedding.every((number, index) => Math.abs(number - expected.embedding[index]) < 1e-6));
  });

  test(`${wire}: a response has text and usage`, async () => {
    const answer = await client(wire).responses.create({ model: CHAT, input: "Hello" });
    assert.equal(answer.output_text, "You said: Hello");
    assert.equal(answer.usage.input_tokens, 8);
  });

  test(`${wire}: a response is streamed in numbered events`, async () => {
    const stream = await client(wire).responses.create({ model: CHAT, input: "Hello", stream: true });
    const events = [];
    for await (const event of stream) events.push(event);
    assert.equal(events[0].type, "response.created");
    assert.equal(events.at(-1).type, "response.completed");
    assert.ok(events.every((event, index) => event.sequence_number === index));
    const deltas = events.filter((event) => event.type === "response.output_text.delta");
    assert.equal(deltas.map((event) => event.delta).join(""), "You said: Hello");
  });

  test(`${wire}: a stored response is continued`, async () => {
    const it = client(wire);
    const first = await it.responses.create({ model: CHAT, input: "Hello" });
    const second = await it.responses.create({ model: CHAT, input: "Again", previous_response_id: first.id });
    assert.ok(second.usage.input_tokens > first.usage.input_tokens);
    assert.equal((await it.responses.retrieve(first.id)).output_text, "You said: Hello");
  });

  test(`${wire}: models are listed`, async () => {
    const ids = [];
    for await (const model of client(wire).models.list()) ids.push(model.id);
    assert.ok(ids.some((id) => id.startsWith(CHAT)));
  });
}
