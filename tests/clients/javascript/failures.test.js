// What the `openai` package for JavaScript makes of refusals and of services that let it down.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";

import { CHAT, KEY_TO_ALL, WIRES, client, record, wish } from "./settings.js";

const messages = [{ role: "user", content: "Hello" }];
const ask = (it, options, extra = {}) => it.chat.completions.create({ model: CHAT, messages, ...extra }, options);

// One after another: they look at the simulator's record.
for (const wire of WIRES) {
  test(`${wire}: a wrong key is an authentication error`, async () => {
    await assert.rejects(ask(client(wire, { apiKey: "wrong" })), OpenAI.AuthenticationError);
  });

  test(`${wire}: an unknown model is not found`, async () => {
    const asking = client(wire, { apiKey: KEY_TO_ALL }).chat.completions.create({ model: "no-such-model", messages });
    await assert.rejects(asking, OpenAI.NotFoundError);
  });

  test(`${wire}: a throttled call is a rate limit error`, async () => {
    const asking = ask(client(wire, { maxRetries: 0 }), wish("status=429; retry-after=3"));
    await assert.rejects(asking, (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.headers.get("retry-after"), "3");
      return true;
    });
  });

  test(`${wire}: a call that is throttled once is repeated`, async () => {
    await record.clear();
    const answer = await ask(client(wire), wish("status=429; retry-after-ms=1; once"));
    assert.equal(answer.choices[0].message.content, "You said: Hello");
    assert.deepEqual((await record.requests()).map((request) => request.status), [429, 200]);
  });

  test(`${wire}: a cut stream is an error after what came`, async () => {
    const stream = await ask(client(wire), wish("words=50; cut-after=10; pace=1ms"), { stream: true });
    let chunks = 0;
    await assert.rejects(async () => {
      for await (const _ of stream) chunks += 1;
    });
    assert.ok(chunks > 0 && chunks <= 10);
  });

  test(`${wire}: a service that hangs is a timeout`, async () => {
    const asking = ask(client(wire, { maxRetries: 0, timeout: 300 }), wish("hang=before-head"));
    await assert.rejects(asking, OpenAI.APIConnectionTimeoutError);
  });

  test(`${wire}: a caller that goes away cancels the call`, async () => {
    await record.clear();
    const stream = await ask(client(wire), wish("words=50; hang=after-5"), { stream: true });
    for await (const _ of stream) break;
    assert.deepEqual((await record.requests()).map((request) => request.outcome), ["caller gone"]);
  });
}
