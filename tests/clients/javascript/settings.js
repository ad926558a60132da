// Where the tests find the gateway and the simulator behind it: environment variables, see ../README.md.
import { randomUUID } from "node:crypto";
import { AzureOpenAI, OpenAI } from "openai";

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}`);
  return value.replace(/\/$/, "");
}

const GATEWAY = needed("CARDEA_GATEWAY");
const KEY = needed("CARDEA_KEY_TEAM_A");
/** A key that may use every model. */
export const KEY_TO_ALL = process.env.CARDEA_KEY_TEAM_B ?? KEY;
const SIMULATOR = needed("SIMULATOR");

const AZURE = process.env.CARDEA_AZURE ?? GATEWAY;
const AZURE_V1 = process.env.CARDEA_AZURE_V1 ?? `${GATEWAY}/openai/v1`;
const OPENAI = process.env.CARDEA_OPENAI ?? `${GATEWAY}/v1`;

export const WIRES = (process.env.CARDEA_WIRES ?? "azure,azure-v1,openai").split(",");
export const CHAT = process.env.CARDEA_CHAT_MODEL ?? "gpt-4o-mini";
export const EMBEDDING = process.env.CARDEA_EMBEDDING_MODEL ?? "text-embedding-3-small";
// Responses came to the dated API later than the rest.
const API_VERSION = "2025-04-01-preview";

/** The vendor's own client, set up as its users set it up. */
export function client(wire, options = {}) {
  if (wire === "azure") return new AzureOpenAI({ endpoint: AZURE, apiVersion: API_VERSION, apiKey: KEY, ...options });
  return new OpenAI({ baseURL: wire === "azure-v1" ? AZURE_V1 : OPENAI, apiKey: KEY, ...options });
}

/** Options that ask the simulator to behave so; no other test's wish is the same. */
export function wish(text) {
  return { headers: { "x-simulate": `${text}; label=${randomUUID()}` } };
}

/** What the simulator received since it was last cleared. */
export const record = {
  async requests() {
    const answer = await fetch(`${SIMULATOR}/_simulator/requests?settled`);
    return (await answer.json()).requests;
  },
  async clear() {
    await fetch(`${SIMULATOR}/_simulator/requests`, { method: "DELETE" });
  },
};
