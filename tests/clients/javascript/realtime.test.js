// `OpenAIRealtimeWS` of OpenAI's own client, through a gateway that serves `examples/realtime` and puts the provider's key
// in. The client speaks TLS only, so the gateway has a certificate, made by `openssl`. Gateway and simulator are the
// program itself (`CARDEA_BIN`).
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import WebSocket from "ws";

const PROGRAM = process.env.CARDEA_BIN ?? "../../../target/release/cardea";
const ENVIRONMENT = { MODELS_KEY: "provider-key-of-the-realtime-tests", TEAM_A_KEY: "caller-key-of-the-realtime-tests" };
const SETTINGS = `
[listen]
address = "127.0.0.1:0"
[listen.tls]
certificate = "certificate.pem"
key = "key.pem"
[admin]
enabled = false
[runtime]
threads = 1
[state]
dir = "state"
`;

let root, models, gateway, ca;

/** Starts the program, and gives what the pattern finds in what it says first. */
function start(given, pattern) {
  const child = spawn(PROGRAM, given, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let said = "";
    child.once("exit", (code) => reject(new Error(`it ended with ${code}:\n${said}`)));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        said += `${line}\n`;
        const found = pattern.exec(line);
        if (found) resolve({ child, address: found[1] });
      });
    }
  });
}

before(async () => {
  root = await mkdtemp(join(tmpdir(), "cardea-realtime-"));
  models = await start(
    ["simulate", "models", "--port", "0", "--key-variable", "MODELS_KEY"],
    /what it received http:\/\/([0-9.:]+)\//,
  );
  const folder = join(root, "apim");
  await cp("../../../examples/realtime", folder, { recursive: true });
  const url = join(folder, "named values", "models-url", "namedValueInformation.json");
  await writeFile(url, (await readFile(url, "utf8")).replace("127.0.0.1:8401", models.address));
  const name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", join(root, "key.pem")];
  const certificate = join(root, "certificate.pem");
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...name, ...key, "-out", certificate], { stdio: "pipe" });
  ca = await readFile(certificate);
  const settings = join(root, "cardea.toml");
  await writeFile(settings, SETTINGS);
  gateway = await start(["serve", "--artifacts", folder, "--settings", settings], /listening.*:\/\/([0-9.]+:[0-9]+)/);
});

after(async () => {
  for (const { child } of [gateway, models]) {
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  await rm(root, { recursive: true });
});

test("a conversation", async () => {
  const client = new OpenAI({ baseURL: `https://${gateway.address}/v1`, apiKey: ENVIRONMENT.TEAM_A_KEY });
  const conversation = new OpenAIRealtimeWS({ model: "gpt-4o", options: { ca } }, client);
  const response = await new Promise((resolve, reject) => {
    conversation.on("error", reject);
    conversation.on("session.created", () => {
      conversation.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
      const content = [{ type: "input_text", text: "Hello" }];
      conversation.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
      conversation.send({ type: "response.create" });
    });
    conversation.on("response.done", (event) => resolve(event.response));
  });
  conversation.close();
  assert.equal(response.output[0].content[0].text, "You said: Hello");
  assert.ok(response.usage.total_tokens > 0);
});

test("a wrong key is refused before the model hears of it", async () => {
  const socket = new WebSocket(`wss://${gateway.address}/v1/realtime?model=gpt-4o`, {
    ca,
    headers: { Authorization: "Bearer wrong" },
  });
  const status = await new Promise((resolve) => {
    socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
    socket.on("error", () => {});
  });
  assert.equal(status, 401);
});
