"""An OpenID issuer on loopback that gives tokens to jobs as GitHub does, and openssl signs them."""

import base64
import json
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

BEARER = "of-this-job-alone"
SECONDS = 300  # how long a token of GitHub's is good


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """`url` is the issuer; `variables` are what GitHub sets in a job with `id-token: write`."""

    def __init__(self, folder: Path):
        self.key = folder / "key.pem"
        self.asked: list[str] = []  # audiences, in order
        self.refuses = False
        self._openssl("genrsa", "-out", str(self.key), "2048")
        modulus = self._openssl("rsa", "-in", str(self.key), "-noout", "-modulus").decode()
        self.modulus = bytes.fromhex(modulus.strip().removeprefix("Modulus="))
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                code, found = issuer.answer(urlsplit(self.path), self.headers)
                text = json.dumps(found).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.variables = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER,
        }

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def _openssl(self, *words: str, data: bytes | None = None) -> bytes:
        return subprocess.run(
            ["openssl", *words], input=data, capture_output=True, check=True
        ).stdout

    def answer(self, parts, headers):
        if parts.path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "subject_types_supported": ["public"],
                "response_types_supported": ["id_token"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        if parts.path == "/keys":
            key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "e": "AQAB"}
            return 200, {"keys": [{**key, "n": encoded(self.modulus)}]}
        assert parts.path == "/token", parts
        if self.refuses or headers.get("Authorization") != f"Bearer {BEARER}":
            return 401, {"message": "not for you"}
        [audience] = parse_qs(parts.query)["audience"]
        self.asked.append(audience)
        return 200, {"count": 1, "value": self.token(audience)}

    def token(self, audience: str) -> str:
        """A signed token that names repository, branch and environment of a job."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": audience,
            "sub": "repo:team/project:environment:staging",
            "repository": "team/project",
            "iat": now,
            "nbf": now - 5,
            "exp": now + SECONDS,
        }
        head = {"alg": "RS256", "kid": "one", "typ": "JWT"}
        signed = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
        mark = self._openssl("dgst", "-sha256", "-sign", str(self.key), data=signed.encode())
        return f"{signed}.{encoded(mark)}"
