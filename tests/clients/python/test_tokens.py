"""Tokens that another JOSE library (joserfc) makes and mangles, sent through a gateway that guards an API with `validate-jwt`.

What is valid is what joserfc says of the same token and the same key; where the gateway means to be stricter, the test
says so and why. The gateway is the program itself (`CARDEA_BIN`, unless set `target/release/cardea` or
`target/debug/cardea`), on a folder of its own.
"""

import base64
import hmac
import json
import os
import pathlib
import random
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from joserfc import jwe, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

ROOT = pathlib.Path(__file__).resolve().parents[3]
ISSUER = "https://issuer.example"
AUDIENCE = "api://cardea"

SECRET = OctKey.import_key(os.urandom(64))
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"}, private=True)
OTHER_RSA = RSAKey.generate_key(2048, {"kid": "rsa-2", "use": "sig"}, private=True)
CURVES = {
    "ES256": ECKey.generate_key("P-256", {"kid": "p-256", "use": "sig"}, private=True),
    "ES384": ECKey.generate_key("P-384", {"kid": "p-384", "use": "sig"}, private=True),
    "ES512": ECKey.generate_key("P-521", {"kid": "p-521", "use": "sig"}, private=True),
}
SEALING = OctKey.import_key(os.urandom(32))
WRAPPING = OctKey.import_key(os.urandom(16))

ALGORITHMS = {
    **{name: SECRET for name in ("HS256", "HS384", "HS512")},
    **{name: RSA for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")},
    **CURVES,
}
SIGNATURES = list(ALGORITHMS)
ENCRYPTIONS = ["dir", "A128KW", "A128CBC-HS256", "A256GCM", "A128GCM", "A192GCM", "A192CBC-HS384", "A256CBC-HS512"]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def published():
    keys = [RSA, *CURVES.values()]
    return {"keys": [key.as_dict(private=False) for key in keys]}


class Provider(BaseHTTPRequestHandler):
    """Metadata and keys, as a provider has them."""

    def do_GET(self):
        here = f"http://127.0.0.1:{self.server.server_port}"
        metadata = {"issuer": ISSUER, "jwks_uri": here + "/keys"}
        body = json.dumps(published() if self.path == "/keys" else metadata).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def plain(key):
    return base64.b64encode(key.raw_value).decode()


def policy(keys):
    return f"""<policies>
    <inbound>
        <validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt">
            {keys}
            <audiences><audience>{AUDIENCE}</audience></audiences>
            <issuers><issuer>{ISSUER}</issuer></issuers>
        </validate-jwt>
        <return-response>
            <set-status code="200" reason="OK" />
            <set-body>@(((Jwt)context.Variables["jwt"]).Subject)</set-body>
        </return-response>
    </inbound>
    <backend><base /></backend>
    <outbound><base /></outbound>
    <on-error>
        <set-header name="x-reason" exists-action="override">
            <value>@(context.LastError.Reason)</value>
        </set-header>
    </on-error>
</policies>
"""


def configuration(provider):
    """For each API how it knows its keys."""
    rsa = RSA.as_dict(private=False)
    symmetric = f"<key>{plain(SECRET)}</key>"
    wrong = f"<key>{base64.b64encode(b'k' * 64).decode()}</key>"
    decrypting = f"<decryption-keys><key>{plain(SEALING)}</key><key>{plain(WRAPPING)}</key></decryption-keys>"
    signing = "<issuer-signing-keys>{}</issuer-signing-keys>"
    return {
        "secret": signing.format(symmetric),
        "rsa": signing.format(f'<key n="{rsa["n"]}" e="{rsa["e"]}" />'),
        "many": signing.format(wrong + f'<key n="{rsa["n"]}" e="{rsa["e"]}" />' + symmetric),
        "named": signing.format(f'<key id="mine" n="{rsa["n"]}" e="{rsa["e"]}" />'),
        "published": f'<openid-config url="{provider}/.well-known/openid-configuration" />',
        "sealed": signing.format(symmetric) + decrypting,
    }


def write(folder, provider):
    for name, keys in configuration(provider).items():
        api = folder / "apis" / name
        api.mkdir(parents=True)
        properties = {"displayName": name, "path": name, "subscriptionRequired": False}
        (api / "apiInformation.json").write_text(json.dumps({"properties": properties}))
        operation = {"get": {"operationId": "check", "responses": {"200": {"description": "OK"}}}}
        definition = {"openapi": "3.0.1", "info": {"title": name, "version": "1"}, "paths": {"/check": operation}}
        (api / "specification.json").write_text(json.dumps(definition))
        (api / "policy.xml").write_text(policy(keys))


def program():
    named = os.environ.get("CARDEA_BIN")
    candidates = [named] if named else [ROOT / "target" / profile / "cardea" for profile in ("release", "debug")]
    found = [path for path in candidates if pathlib.Path(path).is_file()]
    assert found, f"none of these is there: {candidates}"
    return str(found[0])


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """A client of a gateway that serves the APIs of `configuration`."""
    provider = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    folder, port = tmp_path_factory.mktemp("tokens"), free_port()
    write(folder / "apim", f"http://127.0.0.1:{provider.server_port}")
    settings = {
        "CARDEA_LISTEN__ADDRESS": f"127.0.0.1:{port}",
        "CARDEA_ADMIN__ENABLED": "false",
        "CARDEA_STATE__DIR": str(folder / "state"),
        "CARDEA_LOG__ACCESS": "off",
        "CARDEA_STRICT": "true",
    }
    command = [program(), "serve", "--artifacts", str(folder / "apim")]
    process = subprocess.Popen(command, env={**os.environ, **settings}, cwd=folder)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            wait_for(process, port)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)
        provider.shutdown()


def wait_for(process, port):
    for _ in range(300):
        assert process.poll() is None, "the gateway ended"
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the gateway does not listen")


def ask(gateway, api, token):
    return gateway.get(f"/{api}/check", headers={"Authorization": f"Bearer {token}"})


def claims(**other):
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "somebody", "iat": now, "nbf": now - 5, "exp": now + 600, **other}


def sign(algorithm, key, header=None, **other):
    return jwt.encode({"alg": algorithm, **(header or {})}, claims(**other), key, algorithms=SIGNATURES)


def api_of(algorithm):
    return "secret" if algorithm.startswith("HS") else "published"


def is_valid(token, key, algorithms):
    """What joserfc says of the signature and of what is signed."""
    try:
        decoded = jwt.decode(token, key, algorithms=algorithms)
        jwt.JWTClaimsRegistry(iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE},
                              exp={"essential": True}).validate(decoded.claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("algorithm", SIGNATURES)
def test_a_token_of_another_library_is_accepted(gateway, algorithm):
    token = sign(algorithm, ALGORITHMS[algorithm])
    assert is_valid(token, ALGORITHMS[algorithm], SIGNATURES)
    answer = ask(gateway, api_of(algorithm), token)
    assert (answer.status_code, answer.text) == (200, "somebody"), answer.text


@pytest.mark.parametrize("api", ["rsa", "many", "published"])
def test_keys_may_be_known_in_several_ways(gateway, api):
    assert ask(gateway, api, sign("RS256", RSA)).status_code == 200
    assert ask(gateway, api, sign("RS256", OTHER_RSA)).status_code == 401


def test_a_key_with_an_id_is_for_tokens_that_name_it(gateway):
    assert ask(gateway, "named", sign("RS256", RSA, {"kid": "mine"})).status_code == 200
    for header in ({}, {"kid": "other"}):
        answer = ask(gateway, "named", sign("RS256", RSA, header))
        assert (answer.status_code, answer.headers["x-reason"]) == (401, "TokenSignatureKeyNotFound")


def flips(token, rounds):
    """One character changed, at a place and to a character that are the same in every run."""
    chance = random.Random(7)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ "
    for _ in range(rounds):
        at = chance.randrange(len(token))
        other = chance.choice(alphabet.replace(token[at], ""))
        yield token[:at] + other + token[at + 1 :]


def lenient_bytes(token):
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "PS256", "ES256", "ES512"])
def test_a_mangled_token_is_refused(gateway, algorithm):
    token = sign(algorithm, ALGORITHMS[algorithm])
    head, body, signature = token.split(".")
    mangled = [*flips(token, 60), token[:-1], token[:-4], token + "A", f"{head}.{body}.", f"{head}.{body}", f"{head}..{signature}"]
    other = jwt.encode({"alg": algorithm}, claims(sub="admin"), ALGORITHMS[algorithm], algorithms=SIGNATURES)
    mangled += [f"{head}.{other.split('.')[1]}.{signature}", f"{head}.{body}.{other.split('.')[2]}"]
    for each in mangled:
        assert ask(gateway, api_of(algorithm), each).status_code == 401, each
        # joserfc takes some of these, where the text is another but not the bytes: it lets bits be left over at the end
        # of Base64url, and takes `+` and `/` too. The gateway takes one text for a token.
        if is_valid(each, ALGORITHMS[algorithm], SIGNATURES):
            assert lenient_bytes(each) == lenient_bytes(token), each


CLAIMS = [
    {},
    {"exp": None},
    {"exp": 1},
    {"exp": "soon"},
    {"nbf": 4102444800},
    {"iss": "https://other.example"},
    {"iss": None},
    {"aud": "api://other"},
    {"aud": ["api://other", AUDIENCE]},
    {"aud": []},
    {"aud": None},
    {"extra": {"deep": [1, 2, {"a": "ü"}]}},
]


@pytest.mark.parametrize("changed", CLAIMS, ids=json.dumps)
def test_claims_are_judged_as_the_other_library_judges_them(gateway, changed):
    said = {name: value for name, value in claims(**changed).items() if value is not None}
    token = jwt.encode({"alg": "RS256"}, said, RSA)
    valid = is_valid(token, RSA, ["RS256"])
    answer = ask(gateway, "rsa", token)
    assert answer.status_code == (200 if valid else 401), answer.text


def crafted(header, body, secret):
    """A token of any text in header and payload, with the HMAC of what stands there. joserfc would not make most of them."""
    signed = base64url(header.encode()) + "." + base64url(body.encode())
    return signed + "." + base64url(hmac.digest(secret, signed.encode(), "sha256"))


def test_confusion_of_algorithms_is_refused(gateway):
    body = json.dumps(claims(sub="admin"))
    pem, der = RSA.as_pem(private=False), RSA.as_der(private=False)
    for secret in (pem, pem.strip(), der, RSA.as_dict(private=False)["n"].encode(), b"", b"\0" * 32):
        forged = crafted('{"alg":"HS256"}', body, secret)
        for api in ("rsa", "published", "many"):
            assert ask(gateway, api, forged).status_code == 401
    for name in ("none", "None", "NONE"):
        unsigned = base64url(json.dumps({"alg": name}).encode()) + "." + base64url(body.encode()) + "."
        for api in ("secret", "rsa", "published", "many"):
            assert ask(gateway, api, unsigned).status_code == 401
    relabelled = sign("RS256", RSA).split(".")
    for algorithm in ("PS256", "RS384", "ES256", "HS256"):
        relabelled[0] = base64url(json.dumps({"alg": algorithm}).encode())
        assert ask(gateway, "rsa", ".".join(relabelled)).status_code == 401


# Header and claims that are signed as they stand. joserfc's reader takes the first three, because it looks at the last of
# two members, as Python's `json` does (RFC 7515 section 4 lets a reader refuse), and the empty `crit`, which RFC 7515
# section 4.1.11 forbids; and it has no bound on depth. The last column says so.
WHOLE = "{CLAIMS}"
REFUSED = [
    ('{"alg":"none","alg":"HS256"}', WHOLE, True),
    ('{"alg":"HS256","\\u0061lg":"HS256"}', WHOLE, True),
    ('{"alg":"HS256"}', '{CLAIMS,"sub":"other"}', True),
    ('{"alg":"HS256","crit":[]}', WHOLE, True),
    ('{"alg":"HS256","crit":["exp"],"exp":1}', WHOLE, False),
    ('{"alg":"HS256","b64":false,"crit":["b64"]}', WHOLE, False),
    ('["HS256"]', WHOLE, False),
    ('{"alg":["HS256"]}', WHOLE, False),
    ('{"alg":"HS256","kid":1}', WHOLE, False),
    ('{"alg":"HS256"}', "[]", False),
    ('{"alg":"HS256"}', "true", False),
    ('{"alg":"HS256"}', "not json", False),
    ('{"alg":"HS256"}', '{CLAIMS,"a":' + '{"a":' * 200 + "1" + "}" * 201, True),
    ('{"alg":"HS256","x":"' + "x" * 9000 + '"}', WHOLE, False),
]


def test_what_is_put_together_by_hand_is_accepted_when_it_is_right(gateway):
    token = crafted('{"alg":"HS256"}', json.dumps(claims()), SECRET.raw_value)
    assert is_valid(token, SECRET, ["HS256"])
    assert ask(gateway, "secret", token).status_code == 200


@pytest.mark.parametrize("header,body,taken", REFUSED, ids=range(len(REFUSED)))
def test_what_is_signed_must_be_well_formed(gateway, header, body, taken):
    said = body.replace("CLAIMS", json.dumps(claims())[1:-1])
    token = crafted(header, said, SECRET.raw_value)
    assert is_valid(token, SECRET, ["HS256"]) == taken, "what the other library says"
    assert ask(gateway, "secret", token).status_code == 401


def test_a_token_of_17_kib_is_refused_and_the_gateway_goes_on(gateway):
    assert ask(gateway, "secret", sign("HS256", SECRET, extra="x" * 17_000)).status_code == 401
    assert ask(gateway, "secret", sign("HS256", SECRET, extra="x" * 10_000)).status_code == 200


SEALS = [
    ("dir", "A128CBC-HS256", SEALING),
    ("dir", "A256GCM", SEALING),
    ("A128KW", "A256CBC-HS512", WRAPPING),
    ("A128KW", "A192CBC-HS384", WRAPPING),
    ("A128KW", "A128GCM", WRAPPING),
]


@pytest.mark.parametrize("management,encryption,key", SEALS, ids=lambda each: each if isinstance(each, str) else "")
def test_an_encrypted_token_is_opened(gateway, management, encryption, key):
    header = {"alg": management, "enc": encryption, "cty": "JWT"}
    token = jwe.encrypt_compact(header, sign("HS256", SECRET), key, algorithms=ENCRYPTIONS)
    answer = ask(gateway, "sealed", token)
    assert (answer.status_code, answer.text) == (200, "somebody")
    for each in flips(token, 40):
        assert ask(gateway, "sealed", each).status_code == 401, each
    assert ask(gateway, "secret", token).status_code == 401, "no key to open it"


def test_encryption_alone_proves_nothing(gateway):
    header = {"alg": "dir", "enc": "A256GCM"}
    for content in (json.dumps(claims()), "a.b.c", ""):
        token = jwe.encrypt_compact(header, content, SEALING, algorithms=ENCRYPTIONS)
        assert ask(gateway, "sealed", token).status_code == 401
    squeezed = jwe.encrypt_compact({**header, "zip": "DEF"}, sign("HS256", SECRET), SEALING, algorithms=[*ENCRYPTIONS, "DEF"])
    assert ask(gateway, "sealed", squeezed).status_code == 401, "joserfc takes it: it bounds what it inflates"


def test_published_keys_are_found_by_id_or_tried(gateway):
    assert ask(gateway, "published", sign("RS256", RSA, {"kid": "rsa-1"})).status_code == 200
    answer = ask(gateway, "published", sign("RS256", OTHER_RSA, {"kid": "rsa-2"}))
    assert (answer.status_code, answer.headers["x-reason"]) == (401, "TokenSignatureKeyNotFound")
    answer = ask(gateway, "published", sign("RS256", OTHER_RSA, {"kid": "rsa-1"}))
    assert (answer.status_code, answer.headers["x-reason"]) == (401, "TokenSignatureInvalid")
    own = KeySet([OTHER_RSA])
    assert is_valid(sign("RS256", OTHER_RSA, {"kid": "rsa-2"}), own, ["RS256"]), "the token itself is good"
