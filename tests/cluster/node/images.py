"""The images of the node, under the names in the platforms' own manifests: nothing is pulled."""

import shutil
import subprocess
from pathlib import Path

import own_engine

from .image import Image
from .place import BIN, BUILT, CONTAINERD, DEBIAN, HERE, KATIB, KSERVE, environment

SHELL = "docker.io/library/busybox:1.35"  # Debian's, with the commands below
COMMANDS = "sh cat cp date dirname echo env false grep head ls mkdir nc nslookup sed seq sleep tail"
COMMANDS = f"{COMMANDS} tee test touch true".split()
PAUSE = "localhost/pause:1"
OF_KATIB = "ghcr.io/kubeflow/katib"
TRUST = Path("/etc/ssl/certs/ca-certificates.crt")
SERVICE = "/opt/katib"


def archives() -> list[Path]:
    """Write the images that are not in the cache yet; return them all."""
    folder = BUILT / "images"
    folder.mkdir(exist_ok=True)
    found = []
    for image in _images():
        archive = folder / (image.name.replace("/", "_").replace(":", "_") + ".tar")
        if not archive.exists():
            part = archive.with_suffix(".part")
            image.write(part)
            part.rename(archive)
        found.append(archive)
    return found


def load(archive: Path) -> None:
    """Give an archive to the node's containerd."""
    _ctr("import", str(archive))


def by_digest(archive: Path, name: str) -> str:
    """Give an archive to the node; return its image's name by digest, as a registry would say."""
    load(archive)
    [line] = [line for line in _ctr("ls", f"name=={name}").splitlines() if line.startswith(name)]
    named = f"{name.rpartition(':')[0]}@{line.split()[2]}"
    _ctr("tag", "--force", name, named)
    return named


def _ctr(*words: str) -> str:
    program = shutil.which("ctr", path=environment()["PATH"])
    command = [str(program), "--address", str(CONTAINERD), "-n", "k8s.io", "images", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _images() -> list[Image]:
    busybox = {"/bin/busybox": DEBIAN / "bin/busybox"}
    links = {f"/bin/{name}": "busybox" for name in COMMANDS}
    pause = Image(PAUSE, {"/pause": BIN / "pause"}, entrypoint=["/pause"])
    made = [pause, Image(SHELL, busybox, links)]
    for name, program, path in (
        ("katib-controller", "katib-controller", "katib-controller"),
        ("katib-db-manager", "katib-db-manager", "katib-db-manager"),
        ("file-metrics-collector", "katib-metrics", "file-metricscollector"),
        ("suggestion-goptuna", "katib-goptuna", "goptuna-suggestion"),
    ):
        files = {**busybox, f"/app/{path}": BIN / program, str(TRUST): TRUST}
        named = f"{OF_KATIB}/{name}:{KATIB}"
        made.append(Image(named, files, links, folder="/app", entrypoint=[f"./{path}"]))
    manager = {"/manager": BIN / "kserve-manager"}
    made.append(Image(f"docker.io/kserve/kserve-controller:{KSERVE}", manager, user="65532"))
    return [*made, _optuna()]


def _optuna() -> Image:
    """Katib's Optuna service: its own source and requirements on Debian's Python."""
    source, site = BUILT / "katib-python", BUILT / "optuna"
    work = f"{SERVICE}/cmd/suggestion/optuna/v1beta1"
    if not site.exists():
        part = BUILT / "optuna.part"
        shutil.rmtree(part, ignore_errors=True)
        _install(part, HERE / "optuna.txt")
        part.rename(site)
    python = [f"{SERVICE}/pkg/apis/manager/{name}/python" for name in ("v1beta1", "health")]
    python = ":".join(["/opt/site", SERVICE, *python])
    return Image(
        f"{OF_KATIB}/suggestion-optuna:{KATIB}",
        {"/opt/site": site, SERVICE: source},
        base=own_engine.base(),
        environment=[f"PYTHONPATH={python}", "PYTHONUNBUFFERED=1"],
        folder=work,
        entrypoint=["python3", "main.py"],
    )


def _install(target: Path, wanted: Path) -> None:
    """The base's Python is 3.11: packages are chosen for it, whichever runs here."""
    choice = ["--python-version", "3.11", "--only-binary", ":all:", "--require-hashes"]
    command = ["uv", "pip", "install", "--quiet", *choice, "--target", str(target)]
    subprocess.run([*command, "-r", str(wanted)], check=True)
