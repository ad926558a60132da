// Tokens of an OpenID provider that is not ours, `oidc-provider`, at a gateway that checks them with `validate-jwt`:
// discovery, keys, their rotation, and tokens of applications and of users.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { serve } from "./gateway.js";
import { AUDIENCE, key, ofMachine, ofUser, start } from "./provider.js";

const keys = { RS256: key("RS256", "first"), PS256: key("PS256", "second"), ES256: key("ES256", "third") };
let provider, gateway;

function policy(metadata) {
  return `<validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt">
      <openid-config url="${metadata}" />
      <audiences><audience>${AUDIENCE}</audience></audiences>
      <required-claims><claim name="roles" match="any"><value>Chat.Use</value></claim></required-claims>
    </validate-jwt>
    <return-response>
      <set-status code="200" />
      <set-body>@(((Jwt)context.Variables["jwt"]).Subject + " " + ((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("client", ""))</set-body>
    </return-response>`;
}

before(async () => {
  provider = await start(Object.values(keys));
  // Keys are asked for again at once when a token names an unknown one.
  gateway = await serve(policy(provider.metadata), { CARDEA_TOKENS__OPENID_INTERVAL_SECONDS: "0" });
});

after(async () => {
  await gateway?.end();
  await provider?.end();
});

async function called(token) {
  const answer = await gateway.get({ authorization: `Bearer ${token}` });
  return [answer.status, await answer.text()];
}

for (const algorithm of Object.keys(keys)) {
  test(`an application's token is good: ${algorithm}`, async () => {
    const token = await ofMachine(provider, `${AUDIENCE}/${algorithm}`);
    assert.deepEqual(await called(token), [200, "machine machine"]);
  });
}

test("a user's token is good: authorization code with PKCE", async () => {
  const token = await ofUser(provider);
  assert.deepEqual(await called(token), [200, "ada console"]);
});

test("no token, a token for somebody else, and one that was changed are refused", async () => {
  const [none, elsewhere] = [await gateway.get(), await ofMachine(provider, `${AUDIENCE}/elsewhere`)];
  assert.equal(none.status, 401);
  assert.equal((await called(elsewhere))[0], 401);
  const [head, body, signature] = (await ofMachine(provider)).split(".");
  const claims = { ...JSON.parse(Buffer.from(body, "base64url")), sub: "root" };
  const changed = Buffer.from(JSON.stringify(claims)).toString("base64url");
  assert.equal((await called(`${head}.${changed}.${signature}`))[0], 401);
});

test("another provider with the same key ids is not believed", async () => {
  const other = await start([key("RS256", "first")]);
  try {
    assert.equal((await called(await ofMachine(other)))[0], 401);
  } finally {
    await other.end();
  }
});

test("keys are rotated while tokens of both are in use", async () => {
  const before = await ofMachine(provider);
  assert.equal((await called(before))[0], 200);
  provider.rotate([key("RS256", "fourth"), ...Object.values(keys)]);
  const after = await ofMachine(provider);
  assert.notEqual(kid(after), kid(before));
  const answers = await Promise.all([before, after, before, after].map(called));
  assert.deepEqual(answers.map(([status]) => status), [200, 200, 200, 200]);
});

test("a key that the provider withdrew is no longer good", async () => {
  provider.rotate([key("RS256", "fifth")]);
  const fresh = await ofMachine(provider);
  assert.equal((await called(fresh))[0], 200);
  provider.rotate([key("RS256", "sixth")]);
  assert.equal((await called(await ofMachine(provider)))[0], 200);
  assert.equal((await called(fresh))[0], 401);
});

test("tokens are checked on while the provider is away", async () => {
  const token = await ofMachine(provider);
  assert.equal((await called(token))[0], 200);
  const fetches = provider.fetches();
  await provider.end();
  assert.equal((await called(token))[0], 200);
  assert.equal(provider.fetches(), fetches);
});

function kid(token) {
  return JSON.parse(Buffer.from(token.split(".")[0], "base64url")).kid;
}
