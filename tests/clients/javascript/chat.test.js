// Chat completions with the `openai` package for JavaScript, on each wire.
import assert from "node:assert/strict";
import { test } from "node:test";

import { CHAT, WIRES, client, wish } from "./settings.js";

const messages = [{ role: "user", content: "Hello" }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const text = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join("");

for (const wire of WIRES) {
  test(`${wire}: an answer has text and usage`, async () => {
    const answer = await client(wire).chat.completions.create({ model: CHAT, messages });
    assert.equal(answer.choices[0].message.content, "You said: Hello");
    assert.equal(answer.usage.prompt_tokens, 8);
  });

  test(`${wire}: a stream has the same text`, async () => {
    const stream = await client(wire).chat.completions.create({ model: CHAT, messages, stream: true });
    assert.equal(text(await collect(stream)), "You said: Hello");
  });

  test(`${wire}: a stream ends with its usage when asked for`, async () => {
    const options = { model: CHAT, messages, stream: true, stream_options: { include_usage: true } };
    const chunks = await collect(await client(wire).chat.completions.create(options));
    const last = chunks.pop();
    assert.deepEqual(last.choices, []);
    assert.equal(last.usage.prompt_tokens, 8);
    assert.ok(chunks.every((chunk) => chunk.usage === null));
  });

  test(`${wire}: a tool is called and its result is told`, async () => {
    const it = client(wire);
    const asked = [{ role: "user", content: "What is the weather in Paris?" }];
    const first = await it.chat.completions.create({ model: CHAT, messages: asked, tools: [weather] });
    const message = first.choices[0].message;
    const [call] = message.tool_calls;
    assert.deepEqual(JSON.parse(call.function.arguments), { city: "Paris" });
    const result = { role: "tool", tool_call_id: call.id, content: "sunny" };
    const second = await it.chat.completions.create({
      model: CHAT,
      messages: [...asked, message, result],
      tools: [weather],
    });
    assert.equal(second.choices[0].message.content, "The tool answered: sunny");
  });

  test(`${wire}: the helper runs tools by itself`, async () => {
    const cities = [];
    const tool = {
      type: "function",
      function: {
        ...weather.function,
        parse: JSON.parse,
        function: ({ city }) => {
          cities.push(city);
          return "sunny";
        },
      },
    };
    const runner = client(wire).chat.completions.runTools({
      model: CHAT,
      messages: [{ role: "user", content: "What is the weather in Paris?" }],
      tools: [tool],
      stream: true,
    });
    assert.equal(await runner.finalContent(), "The tool answered: sunny");
    assert.deepEqual(cities, ["Paris"]);
  });

  test(`${wire}: a compressed stream is read`, async () => {
    const stream = await client(wire).chat.completions.create({ model: CHAT, messages, stream: true }, wish("gzip"));
    assert.equal(text(await collect(stream)), "You said: Hello");
  });
}
