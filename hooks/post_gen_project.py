"""Finish a generated project: put the answers in, keep one licence, say where to go next."""

import os

RESTING = b"mlproject"  # the package at rest, and how every other word at rest begins
# what a run inside the template's own folder leaves behind and a new project must not inherit
DROPPINGS = {"__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
ENGINE = "./engine"
LOCK = ".txt"  # locks are three fifths of a project's bytes, and hold no word at rest
# present or filled only when an existing project is generated over, and never about the package
FOREIGN = {".dvc", ".git", ".venv", "mlruns"}
ASIDE = ".aside-while-generating"  # where the pre hook put folders of an existing project


def merge(source: str, target: str) -> None:
    """Move a file or folder, into the target where that folder exists already."""
    if os.path.isdir(source) and os.path.isdir(target):
        for name in os.listdir(source):
            merge(os.path.join(source, name), os.path.join(target, name))
        os.rmdir(source)
    else:
        os.replace(source, target)


def remove(folder: str) -> None:
    """Remove a folder and all it holds."""
    for root, folders, files in os.walk(folder, topdown=False):
        for name in files:
            os.remove(os.path.join(root, name))
        for name in folders:
            os.rmdir(os.path.join(root, name))
    os.rmdir(folder)


def bring_back() -> None:
    """Put an existing project's own files beside the new ones of the same folder."""
    for folder in os.listdir(ASIDE) if os.path.isdir(ASIDE) else ():
        merge(folder, f"{ASIDE}/{folder}")
        os.replace(f"{ASIDE}/{folder}", folder)
    if os.path.isdir(ASIDE):
        os.rmdir(ASIDE)


def answers() -> dict[bytes, bytes]:
    """Each word at rest with what replaces it; the package comes last, as the others hold it."""
    registry, owner = b"<<cookiecutter.container_registry>>", b"<<cookiecutter.github_owner>>"
    slug = b"<<cookiecutter.project_slug>>"
    # free text, unlike the others: as hexadecimal digits it cannot end its string
    author = "<<(cookiecutter.author_name | string).encode().hex()>>"
    title = "<<(cookiecutter.project_name | string).encode().hex()>>"
    description = "<<(cookiecutter.description | string).encode().hex()>>"
    return {
        b"mlproject-author": bytes.fromhex(author),
        b"mlproject-description": as_markdown(bytes.fromhex(description).decode()).encode(),
        b"mlproject-title": as_markdown(bytes.fromhex(title).decode()).encode(),
        b"mlproject-image": registry + b"/" + owner.lower() + b"/" + slug,
        b"mlproject-owner": owner,
        b"mlproject-registry": registry,
        b"mlproject-short": slug[:44].rstrip(b"-"),  # leaves room in a namespace for what it is of
        b"mlproject-slug": slug,
        RESTING: b"<<cookiecutter.package_name>>",
    }


def as_markdown(text: str) -> str:
    """Markdown that shows a line as it was typed, with as few backslashes as that takes.

    By hand: importing `re` would cost as much as all else this hook does.
    """
    pieces = []
    for place, char in enumerate(text):
        after = text[place + 1 : place + 2]
        pieces.append("\\" + char if is_markup(text, place, char, after) else char)
    line = "".join(pieces)
    number, dot = len(line) - len(line.lstrip("0123456789")), line.lstrip("0123456789")[:1]
    if number and dot in (".", ")"):  # else a numbered list
        return line[:number] + "\\" + line[number:]
    return line


def is_markup(text: str, place: int, char: str, after: str) -> bool:
    """Whether Markdown would read this character of a line as more than itself."""
    if char in "*_~`$":  # opens and closes: one alone does neither
        inside = char == "_" and place and text[place - 1].isalnum() and after.isalnum()
        return not inside and (text.count(char) > 1 or not place)
    if char == "<":
        return after.isalpha() or after in ("/", "!", "?")
    if char == "&":  # of an entity like &copy; or &#169;
        name, end, _ = text[place + 1 :].partition(";")
        return bool(end) and name.removeprefix("#").isalnum()
    if char == "[":
        return "](" in text or "]:" in text or "][" in text
    if char == "#":  # a heading's closing marks too
        return not place or not text[place:].strip("#")
    return not place and char in ">+-="


def put_in(answers: dict[bytes, bytes]) -> None:
    """Give the source folder the package's name, and every text file the answers."""
    if os.path.isdir("src/mlproject"):
        merge("src/mlproject", f"src/{answers[RESTING].decode()}")
    put_in_below(".", answers)


def put_in_below(folder: str, answers: dict[bytes, bytes]) -> None:
    """Rewrite every text file below a folder, and remove what a new project must not inherit."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():  # nobody's but the user's
                continue
            if entry.name in FOREIGN or entry.name.endswith(LOCK):
                continue
            if not entry.is_dir():
                if answers:
                    rewrite(entry.path, answers)
            elif entry.name in DROPPINGS:
                remove(entry.path)
            else:  # the engine holds no word at rest: it is the same bytes in every project
                put_in_below(entry.path, {} if entry.path == ENGINE else answers)


def rewrite(path: str, answers: dict[bytes, bytes]) -> None:
    """Replace the words at rest in one text file, leaving its mode and line ends alone."""
    with open(path, "rb", buffering=0) as file:
        text = file.read()
    if RESTING in text and b"\0" not in text:  # a zero byte means binary
        for word, answer in answers.items():
            text = text.replace(word, answer)
        with open(path, "r+b") as file:  # written over: emptying it first would cost more
            file.write(text)
            file.truncate()


def keep_licence(choice: str) -> None:
    """Make the chosen text the project's LICENSE and drop the others."""
    if os.path.isdir("LICENSES"):
        os.replace(f"LICENSES/{choice}", "LICENSE")
        remove("LICENSES")


def main() -> None:
    """Run every finishing step; running them twice changes nothing."""
    bring_back()
    keep_licence("<<cookiecutter.license>>")
    put_in(answers())
    print("next:  cd <<cookiecutter.project_slug>>")
    print("       make run     the whole loop on the sample data: train, gate, register, report")
    print("       make adopt DATA=table.csv TARGET=column     your own table instead")
    print("       make test    every test of the project")


if __name__ == "__main__":
    main()
