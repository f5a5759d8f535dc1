"""Debian's packages, unpacked into the cache and not installed: nothing of the system changes."""

import subprocess
import tempfile
from pathlib import Path

from .place import BIN, DEBIAN, LIBRARIES

PACKAGES = ["containerd", "runc", "containernetworking-plugins", "busybox-static"]
PACKAGES += ["iptables", "libip4tc2", "libip6tc2", "libxtables12", "libnftnl11", "libmnl0"]
PACKAGES += ["conntrack", "libnetfilter-conntrack3", "libnfnetlink0"]
PACKAGES += ["dnsmasq-base", "libnftables1", "libjansson4"]
PACKAGES += ["mariadb-server-core", "mariadb-client-core", "liburing2", "libaio1", "libnuma1"]
TABLES = ["iptables", "ip6tables"]


def unpack() -> None:
    """Download and unpack; programs that need libraries from there get a wrapper in `bin`."""
    DEBIAN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="debs-") as folder:
        Path(folder).chmod(0o777)  # apt downloads as a user of its own
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=folder, check=True)
        for package in sorted(Path(folder).glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, DEBIAN], check=True)
    modules = DEBIAN / "usr/lib/x86_64-linux-gnu/xtables"
    for table in TABLES:
        for action in ("", "-save", "-restore"):
            program = f"'{DEBIAN}/usr/sbin/xtables-nft-multi' {table}{action}"
            _wrapper(f"{table}{action}", f"XTABLES_LIBDIR='{modules}'", program)
    _wrapper("conntrack", "", f"'{DEBIAN}/usr/sbin/conntrack'")
    _wrapper("dnsmasq", "", f"'{DEBIAN}/usr/sbin/dnsmasq'")
    _wrapper("mariadbd", "", f"'{DEBIAN}/usr/sbin/mariadbd'")


def _wrapper(name: str, settings: str, program: str) -> None:
    path = BIN / name
    path.write_text(f"#!/bin/sh\n{settings} LD_LIBRARY_PATH='{LIBRARIES}' exec {program} \"$@\"\n")
    path.chmod(0o755)
