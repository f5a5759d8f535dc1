import pytest

from level2.base.errors import ProjectError
from level2.base.images import check_by_digest

DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "repository", ["a", "ghcr.io/team/project", "localhost:5000/team/a_b-c.d", "x:v1"]
)
def test_a_digest_names_an_image(repository):
    check_by_digest(f"{repository}@sha256:{DIGEST}")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ghcr.io/team/project:latest",
        f"@sha256:{DIGEST}",
        f"a@sha256:{DIGEST[:-1]}",
        f"a@sha256:{DIGEST}0",
        f"a@sha256:{DIGEST.upper()}",
        f"a@sha512:{DIGEST}",
        f"a b@sha256:{DIGEST}",
        f"--flag@sha256:{DIGEST}",
        f"a;b@sha256:{DIGEST}",
        f"a@sha256:{DIGEST}\n",
    ],
)
def test_anything_else_is_refused(name):
    with pytest.raises(ProjectError, match="does not name an image by digest: write it like"):
        check_by_digest(name)
