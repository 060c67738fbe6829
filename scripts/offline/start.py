"""Start the desk from an unpacked offline bundle: check and install it once, beside itself, then open the workspace.

It runs before anything is installed: standard library only, and nothing is asked of any network.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
APP = HERE / "app"
WORKSPACE = "工作文件夹"
STAMP = "installed.txt"
LEFT_BEHIND_S = 3600
"""After this time a half-made installation is nobody's."""


def main(arguments: list[str]) -> int:
    """Check the machine and the bundle, install what is not, and return the exit code of ``circles``.

    Parameters
    ----------
    arguments : a workspace's folder, or a command of ``circles`` with its arguments; none opens the workspace beside this file
    """
    made_for = json.loads((HERE / "bundle.json").read_text(encoding="utf-8"))
    wrong = unfit(made_for) or install()
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    if len(arguments) <= 1:
        folder = Path(arguments[0]).resolve() if arguments else HERE / WORKSPACE
        print("正在打开工作台，用完之前请不要关闭本窗口 … Opening the desk; keep this window until you have finished")
        arguments = ["desk", str(folder)]
    try:
        return subprocess.call([sys.executable, "-P", "-m", "circles", *arguments], env=environment())
    except KeyboardInterrupt:  # the window was closed or Ctrl-C pressed: circles has ended too
        return 0


def environment() -> dict[str, str]:
    """Return the environment in which the installed copy runs: its own libraries, UTF-8, nothing of the user's Python."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    kept.update(PYTHONPATH=str(APP), PYTHONNOUSERSITE="1", PYTHONUTF8="1")
    return kept


def unfit(made_for: dict[str, str]) -> str:
    """Return what of this machine does not fit the bundle, or nothing."""
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if found != made_for["python"] or struct.calcsize("P") != 8:
        wanted = made_for["python"]
        return f"本安装包用 64 位 Python {wanted}，找到的是 {found}。 This bundle is for 64-bit Python {wanted}; this is {found}."
    if sys.platform == "win32":
        if sys.getwindowsversion().major < 10:
            return "需要 Windows 10 或更高版本，不支持 Windows 7、8。 Windows 10 or newer is needed."
    elif hasattr(os, "confstr"):
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        if name != "glibc" or tuple(int(part) for part in version.split(".")[:2]) < (2, 28):
            said = version or "?"
            return f"系统库 glibc 须为 2.28 或更高版本，本机是 {said}。 glibc 2.28 or newer is needed; this is {said}."
    return ""


def damaged() -> list[str]:
    """Return the files of the bundle that are missing or other than they were made, by SHA-256."""
    wrong = []
    for line in (HERE / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition("  ")
        if name.startswith("python/"):
            continue  # it runs; a start writes compiled files there
        try:
            found = hashlib.sha256((HERE / name).read_bytes()).hexdigest()
        except OSError:
            found = ""
        if found != expected:
            wrong.append(name)
    return wrong


def is_installed(sums: str) -> bool:
    """Return whether this very bundle is installed as a whole."""
    stamp = APP / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == sums


def install() -> str:
    """Install the wheels into ``app`` beside this file where they are not; return what went wrong, or nothing."""
    sums = hashlib.sha256((HERE / "SHA256SUMS").read_bytes()).hexdigest()
    if is_installed(sums):
        return ""
    print("首次使用，正在检查并安装（约一两分钟）… First start: checking and installing, a minute or two", flush=True)
    wrong = damaged()
    if wrong:
        names = ", ".join(wrong[:5])
        return f"安装包不完整，请重新复制并解压：{names}\nThe bundle is damaged; copy and unpack it again: {names}"
    part = HERE / f"app.part-{os.getpid()}"
    try:
        for folder in HERE.glob("app.part-*"):
            if time.time() - folder.stat().st_mtime > LEFT_BEHIND_S:
                shutil.rmtree(folder, ignore_errors=True)
        part.mkdir()
        said = subprocess.run(
            pip(part), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), check=False
        )
        if said.returncode:
            shutil.rmtree(part, ignore_errors=True)
            return "安装没有成功。 The installation failed.\n" + said.stdout.decode("utf-8", "replace")[-2000:]
        (part / STAMP).write_text(sums, encoding="ascii")
        if is_installed(sums):  # a second double-click was faster
            shutil.rmtree(part, ignore_errors=True)
            return ""
        if APP.exists():
            shutil.rmtree(APP)
        part.replace(APP)
    except OSError as e:
        shutil.rmtree(part, ignore_errors=True)
        return (
            f"这个文件夹不能写入或磁盘已满，请把整个文件夹复制到本机磁盘后再试：{HERE}\n"
            f"This folder cannot be written: {HERE} ({e.strerror or e})"
        )
    return ""


def pip(target: Path) -> list[str]:
    """Return the command that installs the wheels into a folder, with pip from its own wheel and from nowhere else."""
    wheels = HERE / "wheels"
    (own,) = wheels.glob("pip-*.whl")
    return [
        sys.executable, "-I", str(own / "pip"), "install", "--isolated", "--quiet", "--no-index", "--no-deps", "--no-cache-dir",
        "--find-links", str(wheels), "--require-hashes", "--only-binary", ":all:", "--no-compile", "--no-warn-script-location",
        "--disable-pip-version-check", "--no-input", "--target", str(target), "--requirement", str(wheels / "requirements.txt"),
    ]  # fmt: skip


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
