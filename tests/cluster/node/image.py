"""Container images without an engine: static files, or files on top of a base, as one archive."""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

ACCOUNTS = {
    "etc/passwd": "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
    "etc/group": "root:x:0:\nnobody:x:65534:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
PATH = "PATH=/usr/local/bin:/usr/bin:/bin"


@dataclass
class Image:
    """What an image holds: files and folders by their place in it, and how it starts."""

    name: str
    files: dict[str, Path] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    base: Path | None = None
    environment: list[str] = field(default_factory=list)
    folder: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    user: str = ""

    def write(self, archive: Path) -> None:
        """Write the archive that `ctr images import` and `docker load` read."""
        layer = self._layer()
        layers = {"layer.tar": hashlib.sha256(layer).hexdigest()}
        if self.base:
            with self.base.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            layers = {"base.tar": digest, **layers}
        config = json.dumps(self._config(list(layers.values()))).encode()
        name = f"{hashlib.sha256(config).hexdigest()}.json"
        index = [{"Config": name, "RepoTags": [self.name], "Layers": list(layers)}]
        with tarfile.open(archive, "w") as tar:
            if self.base:
                tar.add(self.base, arcname="base.tar")
            _add(tar, name, config)
            _add(tar, "layer.tar", layer)
            _add(tar, "manifest.json", json.dumps(index).encode())

    def _config(self, digests: list[str]) -> dict:
        run = {"Env": [PATH, *self.environment], "WorkingDir": self.folder, "User": self.user}
        return {
            "architecture": "amd64",
            "os": "linux",
            "config": run | {"Entrypoint": self.entrypoint or None},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{one}" for one in digests]},
        }

    def _layer(self) -> bytes:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as tar:
            if not self.base:
                _folder(tar, "tmp", 0o1777)
                for name, text in ACCOUNTS.items():
                    _add(tar, name, text.encode())
            for target, source in self.files.items():
                tar.add(source.resolve(), arcname=target.lstrip("/"), filter=_owned)
            for target, source in self.links.items():
                item = tarfile.TarInfo(target.lstrip("/"))
                item.type, item.linkname = tarfile.SYMTYPE, source
                tar.addfile(item)
        return content.getvalue()


def _owned(item: tarfile.TarInfo) -> tarfile.TarInfo:
    item.uid = item.gid = 0
    item.uname = item.gname = "root"
    return item


def _folder(tar: tarfile.TarFile, name: str, mode: int) -> None:
    item = tarfile.TarInfo(name)
    item.type, item.mode = tarfile.DIRTYPE, mode
    tar.addfile(item)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    item = tarfile.TarInfo(name)
    item.size, item.mode = len(content), 0o644
    tar.addfile(item, io.BytesIO(content))
