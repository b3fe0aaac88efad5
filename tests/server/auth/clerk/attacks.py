"""Every way to come without a right session token, and the answer to each: all of RFC 8725."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from tests.server.auth.clerk.forge import (
    ADA,
    Attack,
    ec,
    flipped,
    inner,
    nested,
    other_rsa,
    swapped,
)
from tests.support.clerk import APP, SECRET_KEY, encode, private_key, public_pem

INVALID, EXPIRED, NO_KEY = ("Invalid token", "Token has expired", "Invalid API key")
DAY, YEAR = 86_400, 31_536_000

# The algorithm, RFC 8725 §3.1 and §3.2.
ALGORITHM: dict[str, Attack] = {
    "alg none": lambda f: f.unsigned("none"),
    "alg None": lambda f: f.unsigned("None"),
    "alg NONE": lambda f: f.unsigned("NONE"),
    "alg nOnE": lambda f: f.unsigned("nOnE"),
    "alg none with a right signature": lambda f: f.token({"alg": "none"}),
    "alg none with the signature of another": lambda f: f.unsigned("none", f.signature),
    "alg empty": lambda f: f.token({"alg": ""}),
    "alg absent": lambda f: f.token({"alg": ...}),
    "alg null": lambda f: f.token({"alg": None}),
    "alg a number": lambda f: f.token({"alg": 256}),
    "alg a list": lambda f: f.token({"alg": ["RS256"]}),
    "alg in lower case": lambda f: f.token({"alg": "rs256"}),
    "alg with a space": lambda f: f.token({"alg": "RS256 "}),
    "HS256 with the public key as secret": lambda f: f.hmac(public_pem(f.clerk.key).encode()),
    "HS256 with the public key, no line end": lambda f: f.hmac(
        public_pem(f.clerk.key).strip().encode()
    ),
    "HS256 with the published modulus": lambda f: f.hmac(str(f.clerk.published[0]["n"]).encode()),
    "HS256 with an empty secret": lambda f: f.hmac(b""),
    "HS512": lambda f: f.unsigned("HS512", f.signature),
    "RS384 with the right key": lambda f: other_rsa(f, "RS384", SHA384, PKCS1v15()),
    "RS512 with the right key": lambda f: other_rsa(f, "RS512", SHA512, PKCS1v15()),
    "PS256 with the right key": lambda f: other_rsa(
        f, "PS256", SHA256, PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)
    ),
    "RS256 that was signed with SHA-512": lambda f: other_rsa(f, "RS256", SHA512, PKCS1v15()),
    "ES256 with a key of one's own": ec,
    "EdDSA": lambda f: f.unsigned("EdDSA", encode(b"x" * 64)),
}

# The signature, and what it stands for.
SIGNATURE: dict[str, Attack] = {
    "a foreign key under the known kid": lambda f: f.foreign(),
    "no signature": lambda f: f.token().rpartition(".")[0] + ".",
    "half a signature": lambda f: f.token()[:-171],
    "a signature with one more letter": lambda f: f.token() + "AAAA",
    "a signature of zeros": lambda f: f.unsigned("RS256", encode(bytes(256))),
    "a signature with a flipped bit": lambda f: flipped(f.token()),
    "the header of another token": lambda f: (
        f"{f.token({'oiat': 1}).split('.')[0]}.{f.token().split('.', 1)[1]}"
    ),
    "the claims of another token": lambda f: swapped(f, 1),
    "the signature of another token": lambda f: swapped(f, 2),
    "claims that were written by oneself": lambda f: (
        f"{f.token().split('.')[0]}.{encode(b'{}')}.{f.signature}"
    ),
    "a token of another instance": lambda f: f.listener.token(ADA, now=f.moment),
    "bad signature, and expired": lambda f: f.late()[:-4] + "AAAA",
    "a token in a token": inner,
}

# The header: which key, and nothing else.
HEADER: dict[str, Attack] = {
    "no kid": lambda f: f.token({"kid": ...}),
    "kid null": lambda f: f.token({"kid": None}),
    "kid a number": lambda f: f.token({"kid": 1}),
    "kid a list": lambda f: f.token({"kid": [f.clerk.kid]}),
    "kid empty": lambda f: f.token({"kid": ""}),
    "kid unknown": lambda f: f.foreign({"kid": "ins_unknown"}),
    "kid a path": lambda f: f.foreign({"kid": "../../../../dev/null"}),
    "kid SQL": lambda f: f.foreign({"kid": "' UNION SELECT 'key' --"}),
    "kid an address": lambda f: f.foreign({"kid": f.listener.url}),
    "kid a lone surrogate": lambda f: f.raw(b'{"alg":"RS256","kid":"\\ud800"}'),
    "jwk of one's own": lambda f: f.foreign({"jwk": f.foreign_jwk}),
    "jwk of one's own, no kid": lambda f: f.clerk.mint(
        {"alg": "RS256", "jwk": f.foreign_jwk}, f.claims, key=private_key(7)
    ),
    "jwk beside a right signature": lambda f: f.token({"jwk": f.foreign_jwk}),
    "jku to a listener": lambda f: f.foreign(
        {"jku": f"{f.listener.url}/.well-known/jwks.json", "kid": "attacker"}
    ),
    "jku to a listener, known kid": lambda f: f.foreign(
        {"jku": f"{f.listener.url}/.well-known/jwks.json"}
    ),
    "jku beside a right signature": lambda f: f.token({"jku": f.listener.url}),
    "x5u to a listener": lambda f: f.foreign({"x5u": f"{f.listener.url}/cert.pem"}),
    "x5u beside a right signature": lambda f: f.token({"x5u": f.listener.url}),
    "x5c of one's own": lambda f: f.foreign({"x5c": [base64.b64encode(b"cert").decode()]}),
    "crit": lambda f: f.token({"crit": ["exp"], "exp": f.now}),
    "crit of something unknown": lambda f: f.token({"crit": ["more"], "more": 1}),
    "crit empty": lambda f: f.token({"crit": []}),
    "b64 false": lambda f: f.token({"b64": False}),
    "b64 false and critical": lambda f: f.token({"b64": False, "crit": ["b64"]}),
    "b64 true": lambda f: f.token({"b64": True}),
    "typ of an access token": lambda f: f.token({"typ": "at+jwt"}),
    "typ in lower case": lambda f: f.token({"typ": "jwt"}),
    "typ null": lambda f: f.token({"typ": None}),
    "typ a list": lambda f: f.token({"typ": ["JWT"]}),
    "cat of a JWT template": lambda f: f.token({"cat": "cl_B7d4PD222AAA"}),
    "cat of a machine": lambda f: f.token({"cat": "cl_B7d4PD333AAA"}),
    "cat unknown": lambda f: f.token({"cat": "session"}),
    "cat null": lambda f: f.token({"cat": None}),
    "cat a list": lambda f: f.token({"cat": ["cl_B7d4PD111AAA"]}),
    "cat an object": lambda f: f.token({"cat": {}}),
}

# The claims.
CLAIMS: dict[str, Attack] = {
    "no iss": lambda f: f.token(iss=...),
    "iss of another": lambda f: f.token(iss="https://clerk.evil.example"),
    "iss with a slash": lambda f: f.token(iss=f.clerk.url + "/"),
    "iss in capitals": lambda f: f.token(iss=f.clerk.url.upper()),
    "iss that begins alike": lambda f: f.token(iss=f.clerk.url + ".evil.example"),
    "iss over https": lambda f: f.token(iss=f.clerk.url.replace("http", "https")),
    "iss a list": lambda f: f.token(iss=[f.clerk.url]),
    "iss null": lambda f: f.token(iss=None),
    "no azp": lambda f: f.token(azp=...),
    "azp of another": lambda f: f.token(azp="https://evil.example"),
    "azp that begins alike": lambda f: f.token(azp=APP + ".evil.example"),
    "azp with a slash": lambda f: f.token(azp=APP + "/"),
    "azp null": lambda f: f.token(azp=None),
    "azp a list": lambda f: f.token(azp=[APP]),
    "azp empty": lambda f: f.token(azp=""),
    "no exp": lambda f: f.token(exp=...),
    "exp null": lambda f: f.token(exp=None),
    "exp a string": lambda f: f.token(exp=str(f.now + 60)),
    "exp with a fraction": lambda f: f.token(exp=f.now + 60.5),
    "exp true": lambda f: f.token(exp=True),
    "exp a list": lambda f: f.token(exp=[f.now + 60]),
    "exp NaN": lambda f: f.text(f'"exp": {f.now + 60}', '"exp": NaN'),
    "exp Infinity": lambda f: f.text(f'"exp": {f.now + 60}', '"exp": Infinity'),
    "exp beyond all numbers": lambda f: f.text(f'"exp": {f.now + 60}', '"exp": 1e999'),
    "exp of 5,000 digits": lambda f: f.text(f'"exp": {f.now + 60}', f'"exp": {"9" * 5000}'),
    "exp of 4,000 digits": lambda f: f.text(f'"exp": {f.now + 60}', f'"exp": {"9" * 4000}'),
    "exp ten years ahead": lambda f: f.token(exp=f.now + 10 * YEAR),
    "exp an hour and a second ahead": lambda f: f.token(exp=f.now + 3601),
    "exp and iat ten years ahead": lambda f: f.token(exp=f.now + 10 * YEAR, iat=f.now + 10 * YEAR),
    "no iat": lambda f: f.token(iat=...),
    "iat a string": lambda f: f.token(iat=str(f.now)),
    "iat in the future": lambda f: f.token(iat=f.now + 6),
    "iat a year ago": lambda f: f.token(iat=f.now - YEAR),
    "iat before all times": lambda f: f.token(iat=-(10**30)),
    "no nbf": lambda f: f.token(nbf=...),
    "nbf a string": lambda f: f.token(nbf="0"),
    "nbf in the future": lambda f: f.token(nbf=f.now + 6),
    "nbf null": lambda f: f.token(nbf=None),
    "no sub": lambda f: f.token(sub=...),
    "sub empty": lambda f: f.token(sub=""),
    "sub a number": lambda f: f.token(sub=1),
    "sub a list": lambda f: f.token(sub=[ADA]),
    "sub of a machine": lambda f: f.token(sub="mch_2abc"),
    "sub of an organisation": lambda f: f.token(sub="org_2abc"),
    "sub of a client": lambda f: f.token(sub="client_2abc"),
    "sub without an id": lambda f: f.token(sub="user_"),
    "sub a path": lambda f: f.token(sub=f"user_x/../{ADA}"),
    "sub with a query": lambda f: f.token(sub=f"{ADA}?x=1"),
    "sub with a NUL": lambda f: f.token(sub=f"{ADA}\0"),
    "sub with a line end": lambda f: f.token(sub=f"{ADA}\n"),
    "sub a lone surrogate": lambda f: f.token(sub="user_\ud800"),
    "sub of other digits": lambda f: f.token(sub="user_١"),
    "sub of a kilobyte": lambda f: f.token(sub="user_" + "x" * 1000),
    "sub that Clerk does not know": lambda f: f.token(sub="user_nobody"),
    "no sid": lambda f: f.token(sid=...),
    "sid null": lambda f: f.token(sid=None),
    "sid a number": lambda f: f.token(sid=1),
    "sid empty": lambda f: f.token(sid=""),
    "sid with a NUL": lambda f: f.token(sid="sess_\0"),
    "sts pending": lambda f: f.token(sts="pending"),
    "sts null": lambda f: f.token(sts=None),
    "sts a list": lambda f: f.token(sts=["active"]),
    "a token of a JWT template": lambda f: f.token({"cat": "cl_B7d4PD222AAA"}, sid=..., azp=...),
    "a template token without cat": lambda f: f.token({"cat": ...}, sid=...),
    "a machine's token": lambda f: f.token({"cat": ...}, sub="mch_1", sid=..., scopes="mch_2"),
    "expired, and of another issuer": lambda f: f.late(iss="https://evil.example"),
    "expired, and of another party": lambda f: f.late(azp="https://evil.example"),
    "expired, and of a machine": lambda f: f.late(sub="mch_1"),
}

# The form, and how much of it.
FORM: dict[str, Attack] = {
    "claims are a list": lambda f: f.raw(payload=[f.claims]),
    "claims are a string": lambda f: f.raw(payload=b'"user_ada"'),
    "claims are null": lambda f: f.raw(payload=b"null"),
    "claims are empty": lambda f: f.raw(payload=b"{}"),
    "claims are no JSON": lambda f: f.raw(payload=b"{'sub': 'user_ada'}"),
    "claims with something behind": lambda f: f.raw(payload=json.dumps(f.claims).encode() + b"{}"),
    "claims with a comment": lambda f: f.text("{", "{/**/"),
    "claims in UTF-16": lambda f: f.raw(payload=json.dumps(f.claims).encode("utf-16")),
    "claims in Latin-1": lambda f: f.raw(payload=b'{"sub":"user_\xe9"}'),
    "claims with a byte order mark": lambda f: f.raw(
        payload=b"\xef\xbb\xbf" + json.dumps(f.claims).encode()
    ),
    "sub twice": lambda f: f.text('"sub":', '"sub": "user_eve", "sub":'),
    "exp twice": lambda f: f.text('"exp":', '"exp": 1, "exp":'),
    "a member twice, deep inside": lambda f: f.text("{", '{"o": {"a": 1, "a": 2}, '),
    "alg twice": lambda f: f.raw(b'{"alg":"none","alg":"RS256","kid":"%s"}' % f.clerk.kid.encode()),
    "NaN in a claim that no rule reads": lambda f: f.text("{", '{"x": NaN, '),
    "claims nested 1,000 deep": lambda f: f.raw(payload=nested(1_000)),
    "claims of opening brackets": lambda f: f.raw(payload=b"[" * 5_000),
    "header nested 900 deep": lambda f: f.raw(nested(900)),
    "header of opening brackets": lambda f: f.raw(b"[" * 5_000),
    "header is a list": lambda f: f.raw([f.clerk.header()]),
    "header is a string with alg in it": lambda f: f.raw(b'"alg RS256"'),
    "header is null": lambda f: f.raw(b"null"),
    "header is no JSON": lambda f: f.raw(b"\x00\xff"),
    "header is no base64": lambda f: f"a.{encode(b'{}')}.{f.signature}",
    "more than 8 KB, rightly signed": lambda f: f.token(spare="x" * 7000),
    "200 KB": lambda f: f.token(spare="x" * 200_000),
    "1 MB of letters": lambda f: f"{'A' * 1_000_000}.{'A' * 10}.{'A' * 10}",
}

# What is not even shaped like a token is answered as an API key.
NOT_SHAPED: dict[str, Attack] = {
    "an encrypted token": lambda f: f"{f.token()}.AAAA.AAAA",
    "claims are nothing": lambda f: f.raw(payload=b""),
    "two parts": lambda f: f.token().rpartition(".")[0],
    "a token in JSON": lambda f: json.dumps({"payload": f.token()}),
    "two tokens": lambda f: f"{f.token()} {f.token()}",
    "two tokens with a comma": lambda f: f"{f.token()},{f.token()}",
    "padded base64": lambda f: f.token() + "==",
    "base64 of the other alphabet": lambda f: f.token()[:-4] + "+/+/",
    "a NUL behind": lambda f: f.token() + "\0",
    "the secret key": lambda f: SECRET_KEY,
    "the publishable key": lambda f: f.clerk.publishable_key,
}

ATTACKS: list[tuple[str, Attack, str]] = [
    *(
        (name, attack, INVALID)
        for table in (ALGORITHM, SIGNATURE, HEADER, CLAIMS, FORM)
        for name, attack in table.items()
    ),
    *((name, attack, NO_KEY) for name, attack in NOT_SHAPED.items()),
    ("expired", lambda f: f.late(), EXPIRED),
    ("expired, of somebody unknown", lambda f: f.late(sub="user_nobody"), EXPIRED),
    ("expired ten years ago", lambda f: f.token(exp=f.now - 10 * YEAR, iat=1, nbf=1), INVALID),
    ("expired a day ago", lambda f: f.token(exp=f.now - DAY, iat=f.now - DAY - 60), EXPIRED),
]
