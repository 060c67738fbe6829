"""Make an offline bundle of the desk: unpacked anywhere, it is installed and used without any network.

``python scripts/offline_bundle.py --platform win_amd64 --python python-3.12.8-embed-amd64.zip --out DIR`` resolves the
extras ``desk``, ``ledger`` (part of the project itself) and ``postgresql`` for that platform, fetches a wheel of every dependency from
the packages that the maker's pip is set up for, and puts them with the handed Python, the start scripts, the licences and
SHA-256 sums into one archive. ``--check`` only proves that every dependency has a wheel. Needs ``pip install .[bundle]``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from offline.interpreter import Interpreter, NotUsable, unpacked
from offline.licences import write_licences
from versions import sources

ROOT = Path(__file__).resolve().parents[1]
PARTS = Path(__file__).resolve().parent / "offline"
EXTRAS = ("desk", "postgresql")
MOST_BYTES = 450_000_000
RUNTIME = "msvc-runtime"
"""The C++ runtime that compiled libraries need and neither Windows nor its embeddable Python has."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can hold; every file has it, so that the same parts make the same archive."""


@dataclass(frozen=True)
class Platform:
    """What a bundle is made for: its name here, uv's name, pip's tags, its texts and its start scripts."""

    name: str
    resolved_as: str
    tags: tuple[str, ...]
    needs: str
    needs_en: str
    starts: tuple[tuple[str, str], ...]

    @property
    def is_windows(self) -> bool:
        """Whether it is Windows."""
        return self.name.startswith("win")


def _linux(machine: str) -> Platform:
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1)] + [f"manylinux2014_{machine}"]
    if machine == "x86_64":
        tags += [
            f"manylinux_2_12_{machine}",
            f"manylinux2010_{machine}",
            f"manylinux_2_5_{machine}",
            f"manylinux1_{machine}",
        ]
    return Platform(
        f"linux_{machine}", f"{machine}-manylinux_2_28", tuple(tags),
        f"64 位 Linux（{machine}），glibc 2.28 以上，如银河麒麟 V10、统信 UOS 20；有浏览器",
        f"64-bit Linux ({machine}) with glibc 2.28 or newer, and a browser",
        (("start.sh", "双击开始.sh"), ("start.desktop", "双击开始.desktop")),
    )  # fmt: skip


PLATFORMS = {
    one.name: one
    for one in (
        Platform(
            "win_amd64", "x86_64-pc-windows-msvc", ("win_amd64",), "64 位 Windows 10 或更高版本；不支持 Windows 7、8",
            "64-bit Windows 10 or newer; Windows 7 and 8 are not supported", (("start.cmd", "双击开始.cmd"),),
        ),
        _linux("x86_64"), _linux("aarch64"),
    )
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Make the bundle, say where it is and how large, and return the exit code."""
    wanted = _arguments(arguments)
    platform = PLATFORMS[wanted.platform]
    try:
        with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
            python = unpacked(wanted.python, Path(scratch) / "python", platform.name) if wanted.python else None
            version = python.version if python else wanted.python_version
            lock = resolve(platform, version, Path(scratch) / "lock.txt")
            if wanted.check:
                print(f"{platform.name}, Python {version}: {len(pins(lock))} dependencies, a wheel for each")
                return 0
            archive = make(platform, version, python, lock, wanted.out)
    except NotUsable as e:
        print(e, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as e:
        print(f"{Path(e.cmd[0]).name} {' '.join(e.cmd[1:5])} … ended with {e.returncode}", file=sys.stderr)
        return 2
    size = archive.stat().st_size
    print(f"{archive}  {size / 1e6:.0f} MB  sha256 {digest(archive)}")
    if size > MOST_BYTES:
        print(f"larger than {MOST_BYTES / 1e6:.0f} MB", file=sys.stderr)
        return 1
    return 0


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make an offline bundle of the desk.")
    parser.add_argument("--platform", choices=sorted(PLATFORMS), required=True)
    parser.add_argument("--out", type=Path, help="the folder that the archive is written into")
    parser.add_argument("--python", type=Path, help="an archive (.zip, .tar.gz) of the Python to embed; else the machine's own is used")  # fmt: skip
    parser.add_argument(
        "--python-version", default=f"{sys.version_info[0]}.{sys.version_info[1]}", help="where none is embedded"
    )
    parser.add_argument("--check", action="store_true", help="only prove that every dependency has a wheel")
    wanted = parser.parse_args(arguments)
    if wanted.out is None and not wanted.check:
        parser.error("--out is missing")
    if PLATFORMS[wanted.platform].is_windows and wanted.python is None and not wanted.check:
        parser.error("--python is missing: Windows needs an embeddable Python (python-3.N.N-embed-amd64.zip)")
    return wanted


# --- wheels ----------------------------------------------------------------------------------------------------------


def resolve(platform: Platform, python: str, lock: Path) -> Path:
    """Write the dependencies, pinned and hashed, as they are on the platform (its markers, not this machine's), wheels only."""
    own = lock.with_name("pip.in")
    own.write_text("pip>=24\n" + (f"{RUNTIME}\n" if platform.is_windows else ""), encoding="ascii")
    extras = [word for name in EXTRAS for word in ("--extra", name)]
    subprocess.run(
        [
            sys.executable, "-m", "uv", "pip", "compile", "--quiet", str(ROOT / "pyproject.toml"), str(own), *extras,
            "--python-platform", platform.resolved_as, "--python-version", python, "--only-binary", ":all:", "--generate-hashes",
            "--index-strategy", "unsafe-best-match", "--no-header", "--no-annotate", "--output-file", str(lock),
            *sources(Path(sys.executable)),
        ],
        check=True,
    )  # fmt: skip
    return lock


def pins(lock: Path) -> list[str]:
    """Return the pinned dependencies of a lock, ``name==version``."""
    return re.findall(r"^([\w.-]+==[^ \\\n]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)


def collect(platform: Platform, python: str, lock: Path, folder: Path) -> None:
    """Fetch a wheel of each pinned dependency and build our own; write ``requirements.txt`` with their sums.

    Parameters
    ----------
    platform : what the wheels are for
    python : the version of Python, ``3.12``
    lock : the pinned dependencies with their hashes
    folder : where the wheels go
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    tags = [word for tag in platform.tags for word in ("--platform", tag)]
    subprocess.run(
        [
            *pip, "download", "--quiet", "--no-deps", "--only-binary=:all:", *tags, "--python-version", python,
            "--implementation", "cp", "--require-hashes", "--requirement", str(lock), "--dest", str(folder),
        ],
        check=True,
    )  # fmt: skip
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], check=True)
    lines = []
    for wheel in sorted(folder.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        if name not in ("pip", RUNTIME.replace("-", "_")):
            lines.append(f"{name}=={version} --hash=sha256:{digest(wheel)}")
    (folder / "requirements.txt").write_bytes(("\n".join(lines) + "\n").encode("ascii"))


# --- the archive -----------------------------------------------------------------------------------------------------


def make(platform: Platform, python: str, embedded: Interpreter | None, lock: Path, out: Path) -> Path:
    """Put all parts into one folder and that into one archive; return the archive.

    Parameters
    ----------
    platform : what it is for
    python : the version of Python
    embedded : the Python that goes along, or None for the machine's own
    lock : the pinned dependencies
    out : the folder for the archive
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=out) as scratch:
        wheels = Path(scratch) / "wheels"
        wheels.mkdir()
        collect(platform, python, lock, wheels)
        (own,) = wheels.glob("circles-*.whl")
        version = own.name.split("-")[1]
        top = Path(scratch) / f"circles-{version}-{platform.name}"
        top.mkdir()
        shutil.move(wheels, top / "wheels")
        if embedded is not None:
            shutil.move(embedded.folder, top / "python")
        _write_scripts(top, platform, python, version)
        write_licences(top, python)
        if platform.is_windows:
            place_runtime(top)
        _write_sums(top)
        archive = out / f"{top.name}{'.zip' if platform.is_windows else '.tar'}"
        part = Path(scratch) / archive.name
        (_zipped if platform.is_windows else _tarred)(top, part)
        part.replace(archive)
    return archive


def _write_scripts(top: Path, platform: Platform, python: str, version: str) -> None:
    """Write what the clerk double-clicks: batch files with CRLF in ASCII, the read-me with a mark that old editors know."""
    words = {
        "PYTHON": python, "VERSION": version, "PLATFORM": platform.name, "START": platform.starts[0][1],
        "NEEDS": platform.needs, "NEEDS_EN": platform.needs_en,
    }  # fmt: skip
    for source, name in (*platform.starts, ("read_me.txt", "使用说明.txt")):
        text = re.sub(r"@(\w+)@", lambda found: words[found[1]], (PARTS / source).read_text(encoding="utf-8"))
        if platform.is_windows:
            text = text.replace("\n", "\r\n")
        encoding = "ascii" if name.endswith(".cmd") else "utf-8-sig" if name.endswith(".txt") else "utf-8"
        (top / name).write_bytes(text.encode(encoding))
        if name.endswith((".sh", ".desktop")):
            (top / name).chmod(0o755)
    shutil.copyfile(PARTS / "start.py", top / "start.py")
    about = {"version": version, "platform": platform.name, "python": python}
    (top / "bundle.json").write_text(json.dumps(about, indent=1) + "\n", encoding="ascii", newline="\n")


def place_runtime(top: Path) -> None:
    """Move the C++ runtime beside ``python.exe``, where every library finds it."""
    (wheel,) = (top / "wheels").glob(f"{RUNTIME.replace('-', '_')}-*.whl")
    with zipfile.ZipFile(wheel) as book:
        for name in book.namelist():
            file = top / "python" / Path(name).name
            if name.endswith(f".data/data/{file.name}") and file.suffix == ".dll" and not file.exists():
                file.write_bytes(book.read(name))
    wheel.unlink()


def _write_sums(top: Path) -> None:
    lines = [f"{digest(file)}  {file.relative_to(top).as_posix()}\n" for file in _files(top) if not file.is_symlink()]
    (top / "SHA256SUMS").write_bytes("".join(lines).encode())


def _files(top: Path) -> list[Path]:
    return sorted(file for file in top.rglob("*") if file.is_symlink() or file.is_file())


def _zipped(top: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as book:
        for file in _files(top):
            name = f"{top.name}/{file.relative_to(top).as_posix()}"
            entry = zipfile.ZipInfo(name, EPOCH)  # a name that is not ASCII is marked as UTF-8
            entry.compress_type = zipfile.ZIP_STORED if file.suffix in (".whl", ".zip") else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            book.writestr(entry, file.read_bytes())


def _tarred(top: Path, archive: Path) -> None:
    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as book:
        book.add(top, top.name, recursive=False, filter=plain)
        for file in _files(top):
            book.add(file, f"{top.name}/{file.relative_to(top).as_posix()}", filter=plain)


def digest(file: Path) -> str:
    """Return a file's SHA-256."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
