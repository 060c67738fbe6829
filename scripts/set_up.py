"""Make the virtual environment and install the project into it, once; standard library only.

``python scripts/set_up.py`` for running, with ``desk``, ``test`` or ``bench`` (the peers too) for these. A stamp inside ``.venv`` keeps the
digest of ``pyproject.toml``, so that a second call does nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".venv"
COMPILE = (
    "from circles.network import engine; engine.warm_up()",
    "from circles.network import isochrones, meeting; meeting.warm_up(); isochrones.warm_up()",
    "from circles.network import nearest_line; nearest_line.warm_up()",
)
"""What numba compiles once, side by side, so that no user waits for it."""
EXTRAS = {
    "run": "",
    "desk": "[desk]",
    "test": "[test,crosscheck,lint,batch]",
    "bench": "[test,crosscheck,lint,batch,bench]",
}
LARGER = {"run": ("test", "bench"), "desk": ("test", "bench"), "test": ("bench",), "bench": ()}
"""What holds all that a purpose needs: where it is installed, nothing is left to do."""


def main(purpose: str) -> int:
    """Install what ``purpose`` needs; return the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this script is what an older Python runs first
        print(
            f"需要 Python 3.11 或更高版本，当前是 {sys.version.split()[0]}。 Python 3.11 or newer is needed.",
            file=sys.stderr,
        )
        return 2
    stamp = HOME / f"stamp-{purpose}"
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    enough = (stamp, *(HOME / f"stamp-{larger}" for larger in LARGER[purpose]))
    if any(file.is_file() and file.read_text(encoding="ascii") == digest for file in enough):
        return 0
    python = HOME / ("Scripts" if os.name == "nt" else "bin") / ("python.exe" if os.name == "nt" else "python")
    if not python.is_file():
        print("创建虚拟环境 .venv … Creating the virtual environment", file=sys.stderr)
        try:
            # links, as `python -m venv` makes them: a copied interpreter may not find its own library
            venv.create(HOME, symlinks=os.name != "nt", with_pip=True)
        except (OSError, subprocess.CalledProcessError) as e:
            shutil.rmtree(HOME, ignore_errors=True)
            print(_why_no_environment(e), file=sys.stderr)
            return 2
    print("安装依赖，首次需要几分钟 … Installing; the first time takes minutes", file=sys.stderr)
    quiet = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    code = subprocess.run([*quiet, "--editable", f"{ROOT}{EXTRAS[purpose]}"], check=False, cwd=ROOT).returncode
    if code:
        return code
    at_work = [subprocess.Popen([str(python), "-c", words], cwd=ROOT) for words in COMPILE]
    if code := max(process.wait() for process in at_work):
        return code
    stamp.write_text(digest, encoding="ascii")
    return 0


def _why_no_environment(error: Exception) -> str:
    """Return what keeps the environment from being made: Debian's Python without pip, or what the system said."""
    if importlib.util.find_spec("ensurepip") is None:
        return (
            "这个 Python 缺少 venv/ensurepip（Debian/Ubuntu：apt install python3-venv）。 "
            "This Python lacks venv/ensurepip (Debian/Ubuntu: apt install python3-venv)."
        )
    said = getattr(error, "output", None) or b""
    detail = said.decode("utf-8", "replace").strip() if isinstance(said, bytes) else str(said)
    return f"无法创建 .venv（检查磁盘空间和权限）。 .venv cannot be made (disk space? permissions?): {detail or error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
