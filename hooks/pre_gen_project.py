"""Refuse a bad answer before anything is written: one sentence on stderr, exit code 1."""

import keyword
import os
import sys

EXAMPLES = {
    "project_name": "Load Forecast",
    "project_slug": "load-forecast",
    "package_name": "load_forecast",
    "description": "Day-ahead electricity load of four control areas",
    "author_name": "Ada Lovelace",
    "author_email": "ada@example.com",
    "github_owner": "example-org",
    "container_registry": "ghcr.io",
    "dvc_remote_url": "s3://my-bucket/dvc",
}
RESTING = "mlproject"  # in every word at rest, which the post hook replaces by an answer
# `cruft update` renders recorded answers again; joined here, because this file is rendered too
DELIMITERS = [*("<" + mark for mark in "%#<"), "# jinja:"]
JOINERS = "\u200c\u200d"  # hold emoji and some scripts together, yet do not count as printable

# copied whole, as cookiecutter.json says, which takes a third of the time file by file takes
WHOLE = (
    ".github",
    "deploy",
    "docs",
    "engine",
    "feature_repo",
    "notebooks",
    "pipelines",
    "requirements",
    "tests",
)
ASIDE = ".aside-while-generating"

# what a package must not shadow: folders of the project, commands it calls, what it imports
FOLDERS = (
    "data deploy docs engine feature_repo models notebooks pipelines reports requirements src tests"
)
COMMANDS = "bash cat cp curl docker env git kubectl make mv pip python python3 rm sh uv uvx"
REMOVED = "annotationlib asynchat asyncore cgi cgitb compression crypt distutils imp pipes smtpd"
DEPENDENCIES = """
adlfs aiohttp alembic antlr4 anyio appdirs asyncssh attr attrs bentoml bleach boto3 botocore bs4
cachetools cattrs celery certifi cffi charset_normalizer circus click cloudpickle colorama configobj
contourpy cookiecutter cronsim cruft cryptography cycler dask databricks dateutil debugpy
deprecation dill diskcache docutils dotenv duckdb dulwich dvc dvc_data dvc_objects dynaconf
evidently executing faker fastapi feast filelock flask formulaic fsspec funcy gcsfs git gitdb google
grandalf greenlet grpc gunicorn h11 hiredis holidays httpcore httptools httpx huggingface_hub hydra
hypothesis ibis idna importlib_metadata iniconfig interface_meta ipykernel ipython ipywidgets
iterative_telemetry jedi jinja2 joblib jsonschema jupyter jupyter_client jupyter_core jupyterlab jwt
kafka katib kfp kfp_kubernetes kiwisolver kombu kubeflow kubeflow_katib kubeflow_katib_api
kubeflow_training kubernetes kubernetes_validate level2 litestar mako markdown_it markdown_it_py
markupsafe matplotlib mlflow mlflow_skinny mmh3 msgspec multidict multipart mypy narwhals nbclient
nbconvert nbformat networkx nltk notebook numpy omegaconf onnx onnxmltools onnxruntime openpyxl
opentelemetry optuna orjson packaging pandas pandera pathspec patsy pexpect pkg_resources
platformdirs playwright plotly pluggy polyfactory prometheus_client prompt_toolkit propcache
protobuf psutil psycopg psycopg2 pyarrow pyasn1 pycparser pydantic pydantic_core pydantic_settings
pydot pygit2 pygments pylab pyparsing pytest pytest_xdist python_calamine pytz pyyaml redis
referencing regex requests rich rich_click ruamel ruamel_yaml ruff s3fs schemathesis scikit_learn
scipy scmrepo semver setuptools shellingham shortuuid six skl2onnx sklearn skops smmap sniffio
sortedcontainers sqlalchemy sqlglot sqlparse starlette statsmodels tabulate tenacity threadpoolctl
toml tomlkit toolz tornado tqdm traitlets typeguard typer types_pyyaml typing_extensions
typing_inspect tzdata tzlocal ujson urllib3 uuid6 uvicorn uvloop voluptuous watchdog watchfiles
wcwidth websockets wheel wrapt xdist yaml yarl zipp zmq
"""
TAKEN = {
    **dict.fromkeys(DEPENDENCIES.split(), "is the name of a dependency"),
    **dict.fromkeys(COMMANDS.split(), "is a command the project calls"),
    **dict.fromkeys(FOLDERS.split(), "is the name of a folder of the project"),
    **dict.fromkeys([*sys.stdlib_module_names, *REMOVED.split()], "is a standard-library module"),
    **dict.fromkeys([*keyword.kwlist, *keyword.softkwlist], "is a Python keyword"),
}

LOWER, DIGITS = frozenset("abcdefghijklmnopqrstuvwxyz"), frozenset("0123456789")
LETTERS = LOWER.union(map(str.upper, LOWER))
PLAIN, ANY = LOWER | DIGITS, LETTERS | DIGITS


# by hand: importing `re` would cost as much as all else this hook does
def made_of(value: str, allowed: frozenset[str]) -> bool:
    """Whether there is something, all of it allowed."""
    return bool(value) and allowed.issuperset(value)


def joined(value: str, mark: str, allowed: frozenset[str]) -> bool:
    """Whether these are words of what is allowed, with single marks between them."""
    return all(made_of(word, allowed) for word in value.split(mark))


def edged(value: str, allowed: frozenset[str]) -> bool:
    """Whether this is made of what is allowed and of dashes, none of them at an end."""
    return made_of(value, allowed | {"-"}) and "-" not in (value[0], value[-1])


def is_slug(value: str) -> bool:
    """`load-forecast`."""
    return joined(value, "-", PLAIN) and value[0] in LOWER


def is_package(value: str) -> bool:
    """`load_forecast`."""
    return joined(value, "_", PLAIN) and value[0] in LOWER


def is_owner(value: str) -> bool:
    """`Example-Org`."""
    return joined(value, "-", ANY)


def is_email(value: str) -> bool:
    """`ada.l@mail.example.com`."""
    local, _, domain = value.partition("@")
    *labels, last = domain.split(".")
    named = bool(labels) and all(edged(label, ANY) for label in labels)
    return (
        joined(local, ".", ANY.union("_%+-")) and named and len(last) > 1 and made_of(last, LETTERS)
    )


def is_label(value: str) -> bool:
    """One word of a host's name."""
    return len(value) < 64 and edged(value, PLAIN)


def is_host(value: str) -> bool:
    """`ghcr.io`."""
    return "." in value and all(map(is_label, value.split(".")))


def is_port(value: str) -> bool:
    """`5000`."""
    return len(value) < 6 and made_of(value, DIGITS) and value[0] != "0"


def is_registry(value: str) -> bool:
    """`ghcr.io`, `localhost`, or with a port any name."""
    name, colon, port = value.partition(":")
    if not colon:
        return is_host(name) or name == "localhost"
    return (is_host(name) or is_label(name)) and is_port(port)


def is_path(value: str) -> bool:
    """`/a/b`, with or without a slash at its end."""
    inside = value[1:].removesuffix("/")
    return value[:1] == "/" and joined(inside, "/", ANY.union("._+=@-"))


def is_remote(value: str) -> bool:
    """`none`, a path, a bucket or a folder behind ssh."""
    scheme, mark, rest = value.partition("://")
    if not mark:
        return value == "none" or is_path(value)
    place, slash, path = rest.partition("/")
    if scheme == "ssh":
        user, at, where = place.rpartition("@")
        name, colon, port = where.partition(":")
        known = (is_host(name) or is_label(name)) and (not colon or is_port(port))
        return known and (not at or made_of(user, ANY.union("._-"))) and is_path(slash + path)
    bucket = len(place) > 1 and place[0] in PLAIN and made_of(place, PLAIN.union("._-"))
    return scheme in ("s3", "gs", "azure") and bucket and (not path or is_path(slash + path))


# answer: longest, whether it fits, the shape in words
SHAPES = {
    "project_slug": (
        60,
        is_slug,
        "must be lower-case letters, digits and single dashes, and start with a letter",
    ),
    "package_name": (
        40,
        is_package,
        "must be lower-case letters, digits and single underscores, and start with a letter",
    ),
    "author_email": (254, is_email, "must be one e-mail address"),
    "github_owner": (
        39,
        is_owner,
        "must be a GitHub user or organisation: letters, digits and single dashes",
    ),
    "container_registry": (
        253,
        is_registry,
        "must be a lower-case registry host, with a port if needed, without https:// or a path",
    ),
    "dvc_remote_url": (
        250,
        is_remote,
        "must be none, an absolute path, or an s3://, gs://, azure:// or ssh:// address "
        "without credentials, spaces or shell characters",
    ),
}
TEXTS = {"project_name": 80, "description": 200, "author_name": 80}


def wrong_text(value: str) -> str | None:
    """Say what is wrong with a free text; quotes, `&`, `<` and emoji are fine."""
    if value != value.strip():
        return "must not start or end with white space"
    if not all(char.isprintable() or char in JOINERS for char in value):
        return "must be one line of printable characters"
    if "\\" in value:
        return "must not hold a backslash"
    return next((f"must not hold {mark!r}" for mark in DELIMITERS if mark in value), None)


def wrong(key: str, value: str) -> str | None:
    """Say what is wrong with one answer, or None."""
    longest = TEXTS[key] if key in TEXTS else SHAPES[key][0]
    if not value.strip():
        return "must not be empty"
    if len(value) > longest:
        return f"must be at most {longest} characters, and is {len(value)}"
    if RESTING in value:
        return f"must not hold {RESTING!r}, the word the template replaces by answers"
    if key in TEXTS:
        return wrong_text(value)
    if key == "package_name" and value in TAKEN:
        return TAKEN[value]
    _, fits, words = SHAPES[key]
    return None if fits(value) else words


def refusal(answers: dict[str, object]) -> str | None:
    """Return one sentence on the first bad answer, or None when all are good."""
    for key, example in EXAMPLES.items():
        value = str(answers[key])
        if reason := wrong(key, value):
            shown = value if len(value) <= 60 else value[:57] + "..."
            return f"stopped: {key} {shown!r} {reason}; an answer that passes is {example!r}."
    return None


def set_aside() -> None:
    """Move an existing project's folders out of the way of cookiecutter, which would remove them.

    The post hook brings them back under what is new. Whatever ends the generation in between, what
    lies aside stays there until the next one brings it back.
    """
    for folder in filter(os.path.isdir, WHOLE):
        os.makedirs(ASIDE, exist_ok=True)
        move(folder, f"{ASIDE}/{folder}")


def move(source: str, target: str) -> None:
    """Move a file or folder, into the target where that folder lies aside already."""
    if os.path.isdir(source) and os.path.isdir(target):
        for name in os.listdir(source):
            move(f"{source}/{name}", f"{target}/{name}")
        os.rmdir(source)
    else:
        os.replace(source, target)


def plain(quoted: str) -> str:
    """An answer without JSON's quotes, its characters beyond 16 bits put together again."""
    return quoted[1:-1].encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def main() -> None:
    """Stop on the first bad answer that cookiecutter wrote into this file, else make room."""
    # What JSON writes between its quotes Python reads between its own; tojson leaves neither ' nor
    # a bare newline, so no answer can end its string. The slug is the answered one: __folder_guard
    # swaps what is not a plain folder name, because the folder is made before this hook runs.
    # fmt: off
    answers = {
        "project_name": '<<cookiecutter.project_name | string | tojson>>',
        "project_slug": '<<cookiecutter.__answered_slug | string | tojson>>',
        "package_name": '<<cookiecutter.package_name | string | tojson>>',
        "description": '<<cookiecutter.description | string | tojson>>',
        "author_name": '<<cookiecutter.author_name | string | tojson>>',
        "author_email": '<<cookiecutter.author_email | string | tojson>>',
        "github_owner": '<<cookiecutter.github_owner | string | tojson>>',
        "container_registry": '<<cookiecutter.container_registry | string | tojson>>',
        "dvc_remote_url": '<<cookiecutter.dvc_remote_url | string | tojson>>',
    }
    # fmt: on
    answers = {key: plain(quoted) for key, quoted in answers.items()}
    if said := refusal(answers):
        sys.exit(said)
    set_aside()


if __name__ == "__main__":
    main()
