"""Stand-ins for actions and programs that only GitHub's runners have; what they are given is kept.

`python stand_ins.py NAME WORDS`: an action with its inputs in $INPUTS, or a program with its words.
The folder $STAND_INS holds what GitHub would: caches, artifacts, and records.jsonl of every call.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path


def checkout(inputs: dict[str, str]) -> None:
    """Fetch the commit of the run into the workspace, as deep as asked; no credentials stay."""
    depth = inputs["fetch-depth"] or "1"
    words = [] if depth == "0" else ["--depth", depth]
    fetch = ["fetch", "--quiet", *words, os.environ["ORIGIN"], os.environ["GITHUB_SHA"]]
    for command in (["init", "--quiet"], fetch, ["checkout", "--quiet", "FETCH_HEAD"]):
        subprocess.run(["git", *command], check=True)


def cache(inputs: dict[str, str]) -> None:
    """Link the folders to their cache; a pull request gets a copy that is thrown away."""
    kept = home() / "cache" / inputs["key"].split("-")[0]
    for name in inputs["path"].split():
        if name.startswith("~"):
            continue
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        if os.environ["GITHUB_EVENT_NAME"] != "pull_request":
            link(name, kept / name)
        elif (kept / name).exists():
            shutil.copytree(kept / name, name)


def link(name: str, kept: Path) -> None:
    """Stand in for saving too. The paths that MLflow has written down lead here from now on.

    act gives every job a folder of its own, GitHub always the same one.
    """
    if not kept.suffix:
        kept.mkdir(exist_ok=True)
    Path(name).symlink_to(kept)
    with Path(".git/info/exclude").open("a", encoding="utf-8") as stream:
        stream.write(f"/{name}\n")
    (home() / "folders").mkdir(exist_ok=True)
    here = Path.cwd()
    for known in (home() / "folders").iterdir():
        earlier = Path(known.read_text(encoding="utf-8"))
        if earlier.is_symlink() or not earlier.exists():
            earlier.parent.mkdir(parents=True, exist_ok=True)
            earlier.unlink(missing_ok=True)
            earlier.symlink_to(here)
    (home() / "folders" / here.parent.name).write_text(str(here), encoding="utf-8")


def upload(inputs: dict[str, str]) -> None:
    """Keep files below the deepest folder that the paths share, hidden ones left out."""
    paths = [Path(name) for name in inputs["path"].split()]
    top = paths[0] if len(paths) == 1 else Path()
    to = home() / "artifacts" / os.environ["GITHUB_RUN_ID"] / inputs["name"]
    for path in paths:
        for file in [path, *path.rglob("*")]:
            hidden = any(part.startswith(".") for part in file.parts)
            if file.is_file() and not hidden:
                (to / file.relative_to(top)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, to / file.relative_to(top))


def login(inputs: dict[str, str]) -> None:
    """Log in where a real engine is."""
    if (home() / "docker").exists():
        docker(
            "login",
            "--username",
            inputs["username"],
            "--password-stdin",
            inputs["registry"],
            text=inputs["password"],
        )


def build(inputs: dict[str, str]) -> None:
    """Say a digest that nothing but these inputs has; where a real engine is, the registry's."""
    digest = f"sha256:{hashlib.sha256(json.dumps(inputs).encode()).hexdigest()}"
    if (home() / "docker").exists():
        digest = built(inputs)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
        stream.write(f"digest={digest}\n")


def built(inputs: dict[str, str]) -> str:
    """Build, and push if asked, by Docker's client: no builder, cache or attestations."""
    tags = inputs["tags"].split(",")
    words = [word for tag in tags for word in ("--tag", tag)]
    words += ["--file", inputs["file"], "--build-arg", inputs["build-args"]]
    docker("build", "--quiet", *words, inputs["context"])
    if inputs["push"] != "true":
        return ""
    for tag in tags:
        docker("push", "--quiet", tag)
    [found] = json.loads(docker("image", "inspect", "--format", "{{json .RepoDigests}}", tags[0]))
    return found.split("@")[1]


def docker(*words: str, text: str = "") -> str:
    """Ask the engine that the file `docker` names."""
    program, host = (home() / "docker").read_text(encoding="utf-8").split()
    environment = {**os.environ, "DOCKER_HOST": host, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run([program, *words], env=environment, input=text, stdout=-1, text=True)
    return done.stdout if not done.returncode else sys.exit(f"docker {words[0]} failed")


def gh(words: list[str]) -> None:
    """`gh run download RUN --repo R --name N --dir D`, or `gh release create`."""
    assert os.environ["GH_TOKEN"]
    if words[:2] == ["release", "create"]:
        release(words[2], [word for word in words[3:] if not word.startswith("-")])
        return
    assert words[:2] == ["run", "download"], words
    option = dict(zip(words[3::2], words[4::2], strict=True))
    found = home() / "artifacts" / words[2] / option["--name"]
    if not found.is_dir():
        sys.exit(f"stand-in: no artifact {option['--name']} of run {words[2]}")
    shutil.copytree(found, option["--dir"], symlinks=True)


def release(tag: str, words: list[str]) -> None:
    """Keep the files of a release; as with --verify-tag, one of a tag that is not there fails."""
    origin = os.environ["ORIGIN"]
    there = subprocess.run(["git", "ls-remote", origin, f"refs/tags/{tag}"], stdout=-1, check=True)
    if not there.stdout:
        sys.exit(f"stand-in: tag {tag} does not exist")
    folder = home() / "releases" / tag
    folder.mkdir(parents=True)
    for word in words:
        if "/" in word and Path(word).is_file():
            shutil.copy(word, folder)


def make(words: list[str]) -> None:
    """The template's targets: `example` for real, in this environment; others only recorded."""
    if words == ["example"]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        script = Path(".github/scripts/example.sh")
        subprocess.run([script.resolve()], env={**os.environ, "PATH": path}, check=True)


def registry(words: list[str]) -> None:
    """`docker` where no engine is: log in, log out; a file says the digest behind a tag."""
    if words[0] == "login":
        assert sys.stdin.read(), "a password comes by stdin"
    elif words[0] != "logout":
        assert words[:3] == ["buildx", "imagetools", "inspect"], words
        digest = home() / "digest"
        if not digest.exists():
            sys.exit(f"stand-in: {words[3]} is not there")
        print(digest.read_text(encoding="utf-8"))


def npm(words: list[str]) -> None:
    """`npm install --prefix P PACKAGE`: the package is there if a file says so."""
    if not (home() / "npm-has-cml").exists():
        sys.exit(f"stand-in: {words[-1]} is not in the registry")
    folder = Path(words[words.index("--prefix") + 1]) / "node_modules/.bin"
    folder.mkdir(parents=True)
    program("cml", folder)


def cml(words: list[str]) -> None:
    """`cml comment update --target=pr/N --watermark-title=T FILE`, as CML asks GitHub."""
    option = dict(word.removeprefix("--").split("=", 1) for word in words[2:-1])
    number, title = option["target"].removeprefix("pr/"), option["watermark-title"]
    mark = f'![](https://cml.dev/watermark.png#{"0" * 40} "CML watermark {title}")'
    body = {"body": f"{Path(words[-1]).read_text(encoding='utf-8')}\n{mark}"}
    issues = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    there = ask("GET", f"{issues}/{number}/comments?per_page=100&page=1")
    ours = [item for item in there if f'"CML watermark {title}")' in item["body"]]
    if ours:
        ask("PATCH", f"{issues}/comments/{ours[0]['id']}", body)
    else:
        ask("POST", f"{issues}/{number}/comments", body)


def ask(method: str, path: str, body: object = None) -> list:
    data = None if body is None else json.dumps(body).encode()
    url = f"{os.environ['GITHUB_API_URL']}{path}"
    headers = {"Authorization": f"Bearer {os.environ['REPO_TOKEN']}"}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def go(words: list[str]) -> None:
    """`go install MODULE@VERSION`: a program that does nothing but keep its words."""
    name = words[1].split("@")[0].rsplit("/", 1)[-1]
    program(name, Path(os.environ["GOBIN"]))


def program(name: str, folder: Path) -> None:
    """Write a program that calls its stand-in."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" {name} "$@"\n')
    (folder / name).chmod(0o755)


def home() -> Path:
    return Path(os.environ["STAND_INS"])


def record(name: str, given: object) -> None:
    known = {word: os.environ.get(f"GITHUB_{word.upper()}") for word in ("workflow", "job", "sha")}
    with (home() / "records.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"name": name, "given": given, **known}) + "\n")


def nothing(_: object) -> None:
    """Only be recorded."""


ACTIONS = {
    "actions/checkout": checkout,
    "actions/setup-node": nothing,
    "actions/setup-python": nothing,
    "actions/cache": cache,
    "actions/upload-artifact": upload,
    "actions/attest-build-provenance": nothing,
    "docker/setup-buildx-action": nothing,
    "docker/login-action": login,
    "docker/build-push-action": build,
}
PROGRAMS = {"gh": gh, "npm": npm, "cml": cml, "go": go, "grype": nothing}
PROGRAMS |= {"make": make, "docker": registry}


if __name__ == "__main__":
    name = sys.argv[1]
    given = json.loads(os.environ["INPUTS"]) if name in ACTIONS else sys.argv[2:]
    record(name, given)
    (ACTIONS | PROGRAMS)[name](given)
