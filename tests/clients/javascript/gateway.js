// A gateway of a test's own: the real program, serving a folder with one API and one policy, until it is told to end.
// `CARDEA_BIN` names the program.
import { spawn } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const SETTINGS = `
[listen]
address = "127.0.0.1:0"

[admin]
address = "127.0.0.1:0"

[state]
dir = "state"

[runtime]
threads = 1
`;

const INFORMATION = {
  properties: { displayName: "guarded", path: "guarded", protocols: ["http"], subscriptionRequired: false },
};

const SPECIFICATION = {
  openapi: "3.0.1",
  info: { title: "guarded", version: "1" },
  paths: { "/": { get: { summary: "who calls", responses: { 200: { description: "OK" } } } } },
};

/** Serves `GET /guarded/`, whose inbound policy is `inbound`. `variables` are set besides the program's own. */
export async function serve(inbound, variables = {}) {
  const root = await mkdtemp(join(tmpdir(), "cardea-clients-"));
  const api = join(root, "apim", "apis", "guarded");
  await mkdir(api, { recursive: true });
  await writeFile(join(api, "apiInformation.json"), JSON.stringify(INFORMATION));
  await writeFile(join(api, "specification.json"), JSON.stringify(SPECIFICATION));
  const policy = `<policies><inbound><base />${inbound}</inbound><backend><base /></backend>
    <outbound><base /></outbound><on-error><base /></on-error></policies>`;
  await writeFile(join(api, "policy.xml"), policy);
  const settings = join(root, "cardea.toml");
  await writeFile(settings, SETTINGS);
  const given = ["serve", "--strict", "--artifacts", join(root, "apim"), "--settings", settings];
  const program = process.env.CARDEA_BIN ?? "../../../target/release/cardea";
  const child = spawn(program, given, { env: variables, stdio: ["ignore", "ignore", "pipe"] });
  const address = await listening(child);
  return {
    get: (headers = {}) => fetch(`http://${address}/guarded/`, { headers }),
    async end() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(root, { recursive: true });
    },
  };
}

/** Waits until the program says where it listens. */
function listening(child) {
  return new Promise((resolve, reject) => {
    let said = "";
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the gateway ended with ${code}:\n${said}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said += `${line}\n`;
      const found = /listening.*:\/\/([0-9.]+:[0-9]+)/.exec(line);
      if (found) resolve(found[1]);
    });
  });
}
