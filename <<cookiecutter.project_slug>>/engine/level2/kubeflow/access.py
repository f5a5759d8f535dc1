"""Access to a KFP server: its address and credentials, checked before use."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from ..base import kubectl
from ..base.environment import Environment
from ..base.errors import ProjectError

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class AccessSettings(Environment):
    """Address and secrets of a KFP server: the KF_PIPELINES_ variables of the environment."""

    kf_pipelines_endpoint: str = ""
    kf_pipelines_ui_endpoint: str = ""
    kf_pipelines_token: SecretStr = SecretStr("")
    kf_pipelines_sa_token_path: str = ""
    kf_pipelines_cookie: SecretStr = SecretStr("")
    kf_pipelines_namespace: str = ""
    kf_pipelines_server_namespace: str = "kubeflow"
    kf_pipelines_service_account: str = ""
    kf_pipelines_ssl_ca_cert: str = ""
    kf_pipelines_allow_http: bool = False


@dataclass(frozen=True)
class Access:
    """An address and its credentials; never printed as a whole."""

    url: str
    ui: str
    settings: AccessSettings
    tunnel: kubectl.Tunnel | None = None

    @property
    def where(self) -> str:
        """The server's name in messages."""
        return f"KFP at {self.url}"

    def token(self) -> str:
        """The current bearer token: a projected file is read again each time."""
        path = self.settings.kf_pipelines_sa_token_path
        if not path:
            return _header("KF_PIPELINES_TOKEN", self.settings.kf_pipelines_token)
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise ProjectError(
                f"KF_PIPELINES_SA_TOKEN_PATH: {path} cannot be read ({reason}): "
                "mount a projected service-account token there"
            ) from None
        if not text:
            raise ProjectError(f"KF_PIPELINES_SA_TOKEN_PATH: {path} is empty")
        return _header("KF_PIPELINES_SA_TOKEN_PATH", text)

    def cookie(self) -> str:
        """The session cookie, `name=value`, or nothing."""
        return _header("KF_PIPELINES_COOKIE", self.settings.kf_pipelines_cookie, cookie=True)

    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request."""
        token, cookie = self.token(), self.cookie()
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return {**bearer, **({"Cookie": cookie} if cookie else {})}

    def revive(self) -> None:
        """Restart a port-forward that has ended."""
        if self.tunnel:
            self.tunnel.revive()

    def link(self, run: str) -> str:
        """The page of a run for people."""
        if self.ui:
            return f"{self.ui}/#/runs/details/{run}"
        command = kubectl.ui_command(self.settings.kf_pipelines_server_namespace)
        return f"run {run} in the KFP UI ({command})"


def _header(name: str, value: object, cookie: bool = False) -> str:
    """A secret that is valid in a header. Raises ProjectError that does not quote it."""
    text = str(getattr(value, "get_secret_value", lambda: value)()).strip()
    if not text.isascii() or not text.isprintable() or (" " in text and not cookie):
        raise ProjectError(f"{name} contains characters that a header cannot hold")
    if cookie and text and "=" not in text:
        raise ProjectError(f"{name} must be of the form name=value, like authservice_session=...")
    return text


@contextmanager
def opened(settings: AccessSettings) -> Iterator[Access]:
    """Yield the access: KF_PIPELINES_ENDPOINT, or without it a port-forward by the kubeconfig."""
    if settings.kf_pipelines_token.get_secret_value() and settings.kf_pipelines_sa_token_path:
        raise ProjectError("set KF_PIPELINES_TOKEN or KF_PIPELINES_SA_TOKEN_PATH, not both")
    if settings.kf_pipelines_endpoint.strip():
        url = endpoint(settings)
        ui = settings.kf_pipelines_ui_endpoint.strip() or url
        yield Access(url, ui.rstrip("/"), settings)
        return
    if not kubectl.kubeconfig():
        raise ProjectError(
            "KFP cannot be reached: set KF_PIPELINES_ENDPOINT, like "
            "https://kubeflow.example.com/pipeline, "
            "or have a kubeconfig"
        )
    with kubectl.Tunnel(settings.kf_pipelines_server_namespace) as tunnel:
        ui = settings.kf_pipelines_ui_endpoint.strip().rstrip("/")
        yield Access(tunnel.url, ui, settings, tunnel)


def endpoint(settings: AccessSettings) -> str:
    """The address without a trailing slash. Raises ProjectError if it is invalid or unsafe."""
    given = settings.kf_pipelines_endpoint.strip()
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if "@" in parts.netloc:
        raise ProjectError(
            "KF_PIPELINES_ENDPOINT holds a user or password: use KF_PIPELINES_TOKEN "
            "or KF_PIPELINES_COOKIE instead"
        )
    plain = parts.scheme in ("http", "https") and parts.hostname and port != 0
    if not plain or parts.query or parts.fragment:
        raise ProjectError(
            f"KF_PIPELINES_ENDPOINT `{given.split('?')[0][:100]}` is not an address: "
            "write it like https://kubeflow.example.com/pipeline, without ? and #"
        )
    secret = (
        settings.kf_pipelines_token.get_secret_value()
        or settings.kf_pipelines_sa_token_path
        or settings.kf_pipelines_cookie.get_secret_value()
    )
    open_wire = parts.scheme == "http" and parts.hostname not in LOOPBACK
    if secret and open_wire and not settings.kf_pipelines_allow_http:
        raise ProjectError(
            f"credentials would travel unencrypted to {parts.hostname}: use https, or set "
            "KF_PIPELINES_ALLOW_HTTP=true where the network is private, as inside the cluster"
        )
    return given.rstrip("/")
