"""Log a job in to clouds and clusters by GitHub's own identity (OIDC), so that no key is kept.

For each place named in the environment GitHub signs a token of some minutes for this job alone. It
goes into a file that the place's own client reads, and is renewed until the job ends. Standard
library only.
"""

import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

RENEWED = 120.0  # seconds; GitHub's tokens are good for five minutes
PATIENCE = 3  # failures in a row before the renewal gives up
GOOGLE = "iam.googleapis.com"


def token(audience: str) -> str:
    """Ask GitHub for a token that names this job. Raises OSError, KeyError or ValueError."""
    url = os.environ["ACTIONS_ID_TOKEN_REQUEST_URL"]
    url += f"{'&' if '?' in url else '?'}audience={urllib.parse.quote(audience, safe='')}"
    bearer = {"Authorization": f"Bearer {os.environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
    request = urllib.request.Request(url, headers=bearer)  # noqa: S310  the runner says where
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  as above
        return str(json.load(answer)["value"])


def write(path: Path, text: str) -> None:
    """Replace a private file at once: a client may be reading it."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    part.replace(path)


def google(folder: Path, provider: str, account: str) -> dict[str, object]:
    """The file from which Google's clients learn where the token lies, and for whom it is."""
    known: dict[str, object] = {
        "type": "external_account",
        "audience": f"//{GOOGLE}/{provider}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(folder / "google.token")},
    }
    if account:
        url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}"
        known["service_account_impersonation_url"] = f"{url}:generateAccessToken"
    return known


def wanted(folder: Path, named: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Audience of each token file, and the variables that lead the clients to these files."""
    audiences, found = {}, {}
    if role := named["AWS_ROLE_ARN"]:
        audiences["aws.token"] = "sts.amazonaws.com"
        found |= {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "aws.token")}
        found["AWS_ROLE_SESSION_NAME"] = f"github-{os.environ.get('GITHUB_RUN_ID', 'job')}"
    if provider := named["GOOGLE_WORKLOAD_IDENTITY_PROVIDER"]:
        audiences["google.token"] = f"https://{GOOGLE}/{provider}"
        found["GOOGLE_APPLICATION_CREDENTIALS"] = str(folder / "google.json")
        text = json.dumps(google(folder, provider, named["GOOGLE_SERVICE_ACCOUNT"]))
        write(folder / "google.json", text)
    if client := named["AZURE_CLIENT_ID"]:
        audiences["azure.token"] = "api://AzureADTokenExchange"
        found |= {"AZURE_CLIENT_ID": client, "AZURE_TENANT_ID": named["AZURE_TENANT_ID"]}
        found["AZURE_FEDERATED_TOKEN_FILE"] = str(folder / "azure.token")
    if audience := named["KF_PIPELINES_AUDIENCE"]:
        audiences["kubeflow.token"] = audience
        found["KF_PIPELINES_SA_TOKEN_PATH"] = str(folder / "kubeflow.token")
    if audience := named["KUBERNETES_AUDIENCE"]:  # a kubeconfig beside it says `tokenFile:`
        audiences["kubernetes.token"] = audience
    return audiences, found


def keep(folder: Path, audiences: dict[str, str]) -> None:
    """Renew the tokens until the job's folder is gone, or GitHub no longer answers for it."""
    failed = 0
    while failed < PATIENCE:
        time.sleep(RENEWED if not failed else 10)
        if not folder.is_dir():
            return
        try:
            for name, audience in audiences.items():
                write(folder / name, token(audience))
            failed = 0
        except (OSError, KeyError, ValueError):
            failed += 1


NAMES = (
    *("AWS_ROLE_ARN", "GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "GOOGLE_SERVICE_ACCOUNT"),
    *("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "KF_PIPELINES_AUDIENCE", "KUBERNETES_AUDIENCE"),
)


def main() -> None:
    """Get the tokens, name their files for later steps, start the renewal."""
    folder = Path(os.environ["RUNNER_TEMP"])
    named = {name: os.environ.get(name, "").strip() for name in NAMES}
    if any("\n" in text for text in named.values()):
        sys.exit(" stopped: a variable of the repository has more than one line: set it again")
    audiences, found = wanted(folder, named)
    if not audiences:
        print(
            " log in    by the environment's keys, if it has any: no role is named, see the guide"
        )
        return
    try:
        for name, audience in audiences.items():
            write(folder / name, token(audience))
    except KeyError as error:
        sys.exit(f" stopped: {error} is missing: give the job the permission `id-token: write`")
    except (OSError, ValueError) as error:
        sys.exit(f" stopped: GitHub gave no token for this job: {error}")
    with Path(os.environ["GITHUB_ENV"]).open("a", encoding="utf-8") as stream:
        stream.writelines(f"{name}={value}\n" for name, value in found.items())
    words = [sys.executable, __file__, json.dumps(audiences)]
    none = subprocess.DEVNULL  # a step ends when nothing holds its output any more
    subprocess.Popen(words, stdin=none, stdout=none, stderr=none, start_new_session=True)
    print(f" log in    without a key: {', '.join(sorted(Path(name).stem for name in audiences))}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        keep(Path(os.environ["RUNNER_TEMP"]), json.loads(sys.argv[1]))
    else:
        main()
