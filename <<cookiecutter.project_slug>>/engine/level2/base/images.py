"""Names of container images."""

import re

from .errors import ProjectError

_BY_DIGEST = re.compile(r"[a-z0-9][\w.:/-]*@sha256:[0-9a-f]{64}")


def check_by_digest(image: str) -> None:
    """Raise ProjectError unless the name contains a digest: a tag can be moved."""
    if not _BY_DIGEST.fullmatch(image):
        raise ProjectError(
            f"`{image}` does not name an image by digest: write it like "
            "registry.example/team/project@sha256:<64 hexadecimal digits>, because a tag "
            "can be moved"
        )
