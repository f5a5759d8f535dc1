"""Set the repository on GitHub up through `gh`: ruleset, environments; list what is missing.

Without --apply it only asks and shows. Standard library only.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[1]
# name: what it is for; all are optional, without them the workflows say what they leave out
VARIABLES = {
    "KF_PIPELINES_ENDPOINT": "address of Kubeflow Pipelines; without it runs stay on the runner",
    "KF_PIPELINES_NAMESPACE": "profile that runs belong to",
    "MLFLOW_TRACKING_URI": "tracking server; without it the registry lives in the runner's cache",
    "AWS_ENDPOINT_URL": "object store that is not AWS's own",
    "AWS_ROLE_ARN": "role for the DVC remote, by GitHub's identity: no AWS key is needed then",
    "GOOGLE_WORKLOAD_IDENTITY_PROVIDER": "the same on Google Cloud",
    "GOOGLE_SERVICE_ACCOUNT": "account to act as there",
    "AZURE_CLIENT_ID": "the same on Azure",
    "AZURE_TENANT_ID": "its tenant",
    "KF_PIPELINES_AUDIENCE": "audience of Kubeflow Pipelines: no token is needed then",
    "KUBERNETES_AUDIENCE": "audience of the serving cluster, for a kubeconfig without a token",
    "REGISTRY_USERNAME": "user of the container registry, where it is not ghcr.io",
}
SECRETS = {
    "KF_PIPELINES_TOKEN": "token for Kubeflow Pipelines, where no audience is set",
    "KUBECONFIG": "leads to the cluster that serves, context named as the environment",
    "MLFLOW_TRACKING_TOKEN": "token for the tracking server",
    "AWS_ACCESS_KEY_ID": "reads and writes the DVC remote, where no role can",
    "AWS_SECRET_ACCESS_KEY": "the same",
    "REGISTRY_PASSWORD": "password of the container registry, where it is not ghcr.io",
}


def gh(*words: str, body: object = None) -> str:
    """Run gh. Ends the program with one sentence where it fails."""
    command = ["gh", *words, *(["--input", "-"] if body is not None else [])]
    said = None if body is None else json.dumps(body)
    try:
        done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit(" stopped: gh is not installed: https://cli.github.com, then `gh auth login`")
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it printed nothing"])[0]
        sys.exit(f" stopped: gh {' '.join(words[:3])} failed: {reason}")
    return done.stdout


def names(kind: str) -> set[str]:
    """Names of the repository's secrets or variables; values are never asked for."""
    return {item["name"] for item in json.loads(gh(kind, "list", "--json", "name") or "[]")}


def poster() -> str:
    """How reports are posted: CML where npm serves the pinned version, else without it."""
    pinned = str(re.findall(r"@dvcorg/cml@[0-9.]+", (HERE / "workflows/report.yml").read_text())[0])
    without = "by GitHub's REST interface:"
    try:
        done = subprocess.run(
            ["npm", "view", "--fetch-retries=0", pinned, "version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    except FileNotFoundError:
        return f"by CML if the runner's npm serves {pinned}: there is no npm here to ask"
    except subprocess.TimeoutExpired:
        return f"{without} npm did not answer about {pinned} within 30 s"
    served = not done.returncode and done.stdout.strip()
    return f"by CML: npm serves {pinned}" if served else f"{without} npm serves no {pinned}"


def change(apply: bool, method: str, path: str, body: object, what: str) -> None:
    """Send one change, or show it."""
    if apply:
        gh("api", "--method", method, f"repos/{{owner}}/{{repo}}/{path}", body=body)
    print(f" {'done     ' if apply else 'would    '} {what}")


def main() -> None:
    """Compare, show or apply, list what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apply", action="store_true", help="change the repository")
    apply = parser.parse_args().apply
    ruleset = json.loads((HERE / "ruleset.json").read_text(encoding="utf-8"))
    there = json.loads(gh("api", "repos/{owner}/{repo}/rulesets"))
    same = [item["id"] for item in there if item["name"] == ruleset["name"]]
    method, path = ("PUT", f"rulesets/{same[0]}") if same else ("POST", "rulesets")
    checks = "pull requests reviewed, `check` and `gate` green, no force push"
    change(apply, method, path, ruleset, f"ruleset {ruleset['name']}: {checks}")
    environments = json.loads((HERE / "environments.json").read_text(encoding="utf-8"))
    for name, body in environments.items():
        change(apply, "PUT", f"environments/{name}", body, f"environment {name}")
    if not environments["production"]["reviewers"]:
        print(" missing   reviewers of production: name them in .github/environments.json")
    for kind, wanted in (("variable", VARIABLES), ("secret", SECRETS)):
        known = names(kind)
        for name, reason in wanted.items():
            print(f" {'there    ' if name in known else 'missing  '} {kind} {name}: {reason}")
    print(f" comments  {poster()}")
    if not apply:
        print(" next      make github-setup APPLY=yes")


if __name__ == "__main__":
    main()
