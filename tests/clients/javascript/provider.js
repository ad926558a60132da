// `oidc-provider` as somebody else's OpenID provider: everybody who asks is signed in as Ada.
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider, { errors } from "oidc-provider";

/** What tokens are for. The fragment after `#` cannot stand in a resource, so the algorithm is in the path. */
export const AUDIENCE = "https://models.example";
export const CALLBACK = "http://127.0.0.1:1/callback";
const RESOURCES = ["RS256", "PS256", "ES256"].map((algorithm) => `${AUDIENCE}/${algorithm}`);

/** A new private key for an algorithm, as JWK. */
export function key(algorithm, kid) {
  const pair = algorithm.startsWith("ES")
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...pair.privateKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" };
}

function configuration(keys) {
  return {
    jwks: { keys },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    clients: [
      {
        client_id: "machine",
        client_secret: "the secret of the machine",
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
      },
      {
        client_id: "console",
        token_endpoint_auth_method: "none",
        application_type: "native",
        grant_types: ["authorization_code"],
        redirect_uris: [CALLBACK],
      },
    ],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: (_, token) => ({ roles: ["Chat.Use"], client: token.clientId }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    ttl: { AccessToken: 3600, ClientCredentials: 3600, Grant: 3600, Session: 3600, Interaction: 600, IdToken: 600 },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          if (resource === `${AUDIENCE}/elsewhere`) {
            return { scope: "chat", audience: "https://elsewhere.example", accessTokenFormat: "jwt" };
          }
          if (!RESOURCES.includes(resource)) throw new errors.InvalidTarget();
          const alg = resource.slice(AUDIENCE.length + 1);
          return { scope: "chat", audience: AUDIENCE, accessTokenFormat: "jwt", jwt: { sign: { alg } } };
        },
        useGrantedResource: () => true,
      },
    },
  };
}

/** Starts it with these keys; the keys can be replaced, which is a rotation. */
export async function start(keys) {
  let provider;
  const server = createServer((request, response) => {
    asked.push(request.url.split("?")[0]);
    if (request.url.startsWith("/interaction/")) return signIn(provider, request, response);
    return provider.callback()(request, response);
  });
  const asked = [];
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const rotate = (fresh) => {
    provider = new Provider(issuer, configuration(fresh));
  };
  rotate(keys);
  return {
    issuer,
    rotate,
    metadata: `${issuer}/.well-known/openid-configuration`,
    /** How often keys were asked for. */
    fetches: () => asked.filter((path) => path === "/jwks").length,
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Signs Ada in and lets the application have what it asks for. */
async function signIn(provider, request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "ada", clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  if (params.resource) grant.addResourceScope(params.resource, params.scope);
  const result = { login: { accountId: "ada" }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function redeemed(provider, form, headers = {}) {
  const body = new URLSearchParams(form);
  const answer = await fetch(`${provider.issuer}/token`, { method: "POST", body, headers });
  const token = await answer.json();
  if (!token.access_token) throw new Error(JSON.stringify(token));
  return token.access_token;
}

/** A token of an application for itself. */
export function ofMachine(provider, resource = `${AUDIENCE}/RS256`) {
  const credentials = Buffer.from(`machine:${encodeURIComponent("the secret of the machine")}`).toString("base64");
  const form = { grant_type: "client_credentials", resource, scope: "chat" };
  return redeemed(provider, form, { authorization: `Basic ${credentials}` });
}

/** A token of an application for a user: authorization code with PKCE, as a browser goes through it. */
export async function ofUser(provider, resource = `${AUDIENCE}/RS256`) {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const wish = new URLSearchParams({
    client_id: "console",
    response_type: "code",
    redirect_uri: CALLBACK,
    scope: "openid chat",
    resource,
    code_challenge: challenge,
    code_challenge_method: "S256",
    state: "1",
  });
  const code = await walk(`${provider.issuer}/auth?${wish}`);
  const form = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: CALLBACK, resource };
  return redeemed(provider, { ...form, client_id: "console" });
}

/** Follows redirects with cookies until one leads back to the application, and gives the code that it brings. */
async function walk(url) {
  const cookies = new Map();
  for (let step = 0; step < 10; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [name, value] = set.split(";")[0].split(/=(.*)/s);
      cookies.set(name, value);
    }
    const next = answer.headers.get("location");
    if (!next) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    url = new URL(next, url).href;
    if (url.startsWith(CALLBACK)) {
      const code = new URL(url).searchParams.get("code");
      if (!code) throw new Error(url);
      return code;
    }
  }
  throw new Error("the way does not end");
}
