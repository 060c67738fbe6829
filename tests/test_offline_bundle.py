"""The offline bundle: what a maker hands it, what a clerk double-clicks, and the whole of it used where there is no network."""

from __future__ import annotations

import csv
import io
import json
import platform
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "scripts"))

import offline_bundle  # noqa: E402
from offline import interpreter, licences, start  # noqa: E402

PLACE = "王 小明/下载 (1) & 资料'd 100%"
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
SYSTEM = re.compile(
    r"(kernel32|user32|advapi32|ws2_32|shell32|ole32|oleaut32|msvcrt|ntdll|bcrypt|bcryptprimitives|crypt32|secur32|gdi32|shlwapi|version"
    r"|dbghelp|psapi|iphlpapi|wldap32|rpcrt4|normaliz|wsock32|winmm|userenv|netapi32|mswsock|setupapi|ncrypt|dnsapi|winhttp|wininet"
    r"|webservices|comdlg32|comctl32|imm32|api-ms-win-[\w-]+|ucrtbase)\.dll",
    re.IGNORECASE,
)
EMBEDDED = re.compile(r"(python3\d*|vcruntime140|vcruntime140_1|sqlite3|libcrypto-3|libssl-3|libffi-8)\.dll", re.IGNORECASE)  # fmt: skip
NOT_LOADED = re.compile(r"(^pip/|tbbpool|\.exe$)")
"""Launchers of other machines, and numba's optional thread layer of Intel's library."""


def program(kind, machine):
    """Return the head of a program of this format and machine."""
    if kind == "elf":
        return b"\x7fELF\x02\x01\x01" + bytes(11) + struct.pack("<H", machine) + bytes(44)
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine) + bytes(100)


def zipped(file, **members):
    """Write a zip with these members."""
    with zipfile.ZipFile(file, "w") as book:
        for name, content in members.items():
            book.writestr(name.replace("__", "/"), content)
    return file


def embeddable(file, machine=0x8664):
    """Write something like Windows' embeddable Python: its program's head, its library's name, its list of paths."""
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("python.exe", program("pe", machine))
        book.writestr("python3.dll", b"")
        book.writestr("python312.dll", b"")
        book.writestr("python312._pth", "python312.zip\r\n.\r\n\r\n# Uncomment\r\n#import site\r\n")
        book.writestr("LICENSE.txt", "PSF")
    return file


def this_python(file):
    """Write the Python that runs this test as a relocatable archive, without what is installed into it."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    base = Path(sys.base_prefix)
    left_out = {"site-packages", "dist-packages", "test", "__pycache__", "idlelib", "tkinter"}

    def kept(entry):
        return None if left_out & set(Path(entry.name).parts) or entry.name.endswith(".a") else entry

    with tarfile.open(file, "w") as book:
        book.add((base / "bin" / name).resolve(), f"python/bin/{name}")
        book.add(base / "lib" / name, f"python/lib/{name}", filter=kept)
        for library in (base / "lib").glob("libpython3*.so*"):
            book.add(library, f"python/lib/{library.name}")
    return file


def test_an_embeddable_python_finds_what_is_installed_beside_it(tmp_path):
    """Windows' embeddable Python is known by its files, and its list of paths gets our folder; nothing in it is run."""
    found = interpreter.unpacked(embeddable(tmp_path / "python.zip"), tmp_path / "to", "win_amd64")
    assert found.version == "3.12"
    assert (found.folder / "python312._pth").read_bytes() == b"python312.zip\r\n.\r\n..\\app\r\n"


WRONG = {
    "no archive": lambda file: file.write_bytes(b"MZ") and file,
    "no Python": lambda file: zipped(file, a="x"),
    "32 bit": lambda file: embeddable(file, 0x14C),
    "of Linux": lambda file: zipped(file, **{"bin__python3.12": program("elf", 62)}),
    "missing": lambda file: file,
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_python_of_the_platform_is_refused(tmp_path, capsys, kind):
    """A file that is no archive, has no Python or one of another machine ends with 2, its name and the reason; nothing is left."""
    file = WRONG[kind](tmp_path / "python.zip")
    out = tmp_path / "out"
    assert offline_bundle.main(["--platform", "win_amd64", "--python", str(file), "--out", str(out)]) == 2
    assert "python.zip" in capsys.readouterr().err
    assert not out.exists()


def test_an_archive_that_climbs_is_refused(tmp_path):
    """A member outside of its folder is not written."""
    file = tmp_path / "python.tar"
    with tarfile.open(file, "w") as book:
        entry = tarfile.TarInfo("../outside")
        book.addfile(entry, io.BytesIO(b""))
    with pytest.raises(interpreter.NotUsable, match=r"python\.tar"):
        interpreter.unpacked(file, tmp_path / "to" / "it", "linux_x86_64")
    assert not list(tmp_path.rglob("outside"))


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """A folder like an unpacked bundle, with one file to be checked, and the starter looking there."""
    top = tmp_path / PLACE.replace("/", "-")
    top.mkdir()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (top / "bundle.json").write_text(json.dumps({"python": version}), encoding="ascii")
    (top / "wheels").mkdir()
    (top / "wheels" / "a.whl").write_bytes(b"a")
    (top / "SHA256SUMS").write_text(f"{offline_bundle.digest(top / 'wheels' / 'a.whl')}  wheels/a.whl\n", encoding="ascii")  # fmt: skip
    monkeypatch.setattr(start, "HERE", top)
    monkeypatch.setattr(start, "APP", top / "app")
    return top


def test_a_damaged_copy_says_which_file(bundle, capsys):
    """A file that was changed or lost on the way is named in both languages before anything is installed."""
    for change in (lambda file: file.write_bytes(b"b"), Path.unlink):
        change(bundle / "wheels" / "a.whl")
        assert start.main([]) == 2
        said = capsys.readouterr().err
        assert "wheels/a.whl" in said
        assert "重新复制" in said
        assert not list(bundle.glob("app*"))


def test_a_machine_that_does_not_fit_is_told(bundle, monkeypatch):
    """Another Python, an old C library and Windows 7 are refused with a word that says what is needed."""
    assert start.unfit({"python": "3.11" if sys.version_info[:2] != (3, 11) else "3.12"}).startswith("本安装包用")
    mine = json.loads((bundle / "bundle.json").read_text(encoding="ascii"))
    assert start.unfit(mine) == ""
    monkeypatch.setattr(start.os, "confstr", lambda _: "glibc 2.17")
    assert "2.28" in start.unfit(mine)
    monkeypatch.setattr(start.sys, "platform", "win32")
    monkeypatch.setattr(start.sys, "getwindowsversion", type("V", (), {"major": 6}), raising=False)
    assert "不支持 Windows 7" in start.unfit(mine)


def test_an_installation_that_fails_leaves_nothing(bundle, capsys, monkeypatch):
    """Where the installer fails, its words are shown, no half of it stays, and the next start tries again."""
    monkeypatch.setattr(start, "pip", lambda _: [sys.executable, "-c", "print('磁盘'); raise SystemExit(1)"])
    assert start.main([]) == 2
    assert "安装没有成功" in capsys.readouterr().err
    assert not list(bundle.glob("app*"))


def written(tmp_path, name):
    """Write the start scripts of a platform, and return their folder."""
    top = tmp_path / PLACE
    top.mkdir(parents=True)
    offline_bundle._write_scripts(top, offline_bundle.PLATFORMS[name], "3.12", "1.0")
    return top


def test_the_batch_file_has_no_trick(tmp_path):
    """It is ASCII with CRLF, quotes every path, expands nothing late, changes no code page, and turns old Windows away first."""
    top = written(tmp_path, "win_amd64")
    script = (top / "双击开始.cmd").read_bytes()
    assert script.isascii()
    assert script.count(b"\r\n") == script.count(b"\n")
    text = script.decode("ascii")
    assert "DisableDelayedExpansion" in text
    assert "chcp" not in text
    assert re.findall(r'(?<!")%~dp0', text) == []
    assert text.index("goto old") < text.index("python.exe")
    assert "@" not in text.removeprefix("@echo")
    read_me = (top / "使用说明.txt").read_bytes()
    assert read_me.startswith(b"\xef\xbb\xbf")
    assert "不支持 Windows 7" in read_me.decode("utf-8-sig")


def test_the_linux_scripts_start_wherever_they_lie(tmp_path):
    """The shell script and the desktop file find the starter in a folder with blanks, quotes, signs and Chinese, and hand on arguments."""
    if sys.platform == "win32":
        pytest.skip("no sh here")
    top = written(tmp_path, "linux_x86_64")
    (top / "python" / "bin").mkdir(parents=True)
    (top / "python" / "bin" / "python3.12").symlink_to(sys.executable)
    (top / "start.py").write_text("import json, sys; print(json.dumps([__file__, *sys.argv[1:]]))", encoding="ascii")
    said = subprocess.run(
        [top / "双击开始.sh", "a b", "$c"], check=True, capture_output=True, text=True, cwd="/"
    ).stdout
    assert json.loads(said) == [str(top / "start.py"), "a b", "$c"]
    entry = (top / "双击开始.desktop").read_text(encoding="utf-8")
    line = re.search(r"^Exec=(.*)$", entry, re.MULTILINE)[1].replace("\\\\", "\\")  # the file's escapes
    shell, option, quoted = re.fullmatch(r'(sh) (-c) "((?:[^"\\`$]|\\["\\`$])*)" circles %k', line).groups()
    argv = [shell, option, re.sub(r'\\(["\\`$])', r"\1", quoted), "circles"]  # the escapes of a quoted argument
    for place in (str(top / "双击开始.desktop"), f"file://{top / '双击开始.desktop'}"):
        said = subprocess.run([*argv, place], check=True, capture_output=True, text=True, cwd="/").stdout
        assert json.loads(said) == [str(top / "start.py")]


def test_the_archives_keep_names_rights_and_bytes(tmp_path):
    """The same folder makes the same archive; Chinese names are marked as UTF-8 in a zip, scripts stay runnable in a tar."""
    top = written(tmp_path, "linux_x86_64")
    for make in (offline_bundle._zipped, offline_bundle._tarred):
        one, two = tmp_path / "1", tmp_path / "2"
        make(top, one)
        make(top, two)
        assert one.read_bytes() == two.read_bytes()
    with tarfile.open(two) as book:
        assert book.getmember(f"{top.name}/双击开始.sh").mode & 0o111
    offline_bundle._zipped(top, one)
    with zipfile.ZipFile(one) as book:
        assert all(entry.flag_bits & 0x800 for entry in book.infolist())
        assert f"{top.name}/使用说明.txt" in book.namelist()


# --- with the maker's packages ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The maker's tools, and packages to fetch: the one step of a bundle that has a network."""
    pytest.importorskip("uv", reason="uv resolves for other platforms: pip install .[bundle]")
    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(tmp_path_factory.mktemp("p")), "affine"]  # fmt: skip
    if subprocess.run(asked, check=False, capture_output=True, timeout=120).returncode:
        pytest.skip("no packages can be fetched on this machine")


def made(tmp_path, name, python):
    """Make a bundle and return its archive."""
    out = tmp_path / "out"
    assert offline_bundle.main(["--platform", name, "--python", str(python), "--out", str(out)]) == 0
    (archive,) = out.iterdir()
    assert archive.stat().st_size <= 450_000_000
    return archive


@pytest.mark.long
@pytest.mark.usefixtures("packages")
def test_every_platform_has_a_wheel_of_everything(capsys):
    """Each dependency resolves to a wheel for Windows and for both kinds of Linux, also where this machine is another."""
    for name in offline_bundle.PLATFORMS:
        assert offline_bundle.main(["--platform", name, "--python-version", "3.12", "--check"]) == 0
    assert "a wheel for each" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.usefixtures("packages")
def test_the_windows_bundle_lacks_nothing_and_has_no_forbidden_name(tmp_path):
    """Each library that a compiled module of the Windows bundle loads is in its wheel, in the embedded Python or in Windows; names are fit for it."""
    pefile = pytest.importorskip("pefile")
    archive = made(tmp_path, "win_amd64", embeddable(tmp_path / "python.zip"))
    lacking, unfit = set(), set()
    with zipfile.ZipFile(archive) as book:
        names = book.namelist()
        beside = {Path(name).name.lower() for name in names if "/python/" in name}
        assert any("colorama" in name for name in names), "what only Windows needs is there too"
        for name in names:
            if not name.endswith(".whl"):
                continue
            with zipfile.ZipFile(io.BytesIO(book.read(name))) as wheel:
                inside = wheel.namelist()
                own = {Path(part).name.lower() for part in inside}
                folded = [part.lower() for part in inside]
                unfit |= (
                    {part for part in folded if folded.count(part) > 1} if len(set(folded)) < len(folded) else set()
                )
                unfit |= {part for part in inside if len(part) > 120 or re.search(r'[<>:"|?*\\]|[ .](/|$)', part)}
                unfit |= {part for part in inside if any(RESERVED.match(step) for step in part.split("/"))}
                for part in inside:
                    if not part.lower().endswith((".pyd", ".dll")) or NOT_LOADED.search(part):
                        continue
                    code = pefile.PE(data=wheel.read(part), fast_load=True)
                    code.parse_data_directories([pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_IMPORT"]])
                    for entry in getattr(code, "DIRECTORY_ENTRY_IMPORT", []):
                        dll = entry.dll.decode("ascii").lower()
                        if not (SYSTEM.fullmatch(dll) or EMBEDDED.fullmatch(dll) or dll in own | beside):
                            lacking.add((Path(name).name, part, dll))
    assert not lacking
    assert not unfit


HELPER = """
import fcntl, os, re, socket, struct, subprocess, sys, urllib.request, http.cookiejar
door = socket.socket()
fcntl.ioctl(door, 0x8914, struct.pack("16sh", b"lo", 1))  # loopback, the only network there is
try:
    socket.create_connection(("192.0.2.1", 80), 2)
    raise SystemExit("there is a network")
except OSError:
    pass
script, *arguments = sys.argv[1:]
with subprocess.Popen([script, *arguments], stdout=subprocess.PIPE, text=True, start_new_session=True) as desk:
    address = next(line.strip() for line in desk.stdout if line.startswith("http://"))
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(address, timeout=60).read().decode("utf-8")
    os.killpg(desk.pid, 15)
print(page)
"""


@pytest.mark.long
@pytest.mark.usefixtures("packages")
def test_the_linux_bundle_works_without_any_network(tmp_path):
    """Unpacked by a user with a blank in the name, in a Chinese folder, it installs itself, analyses Shengsi and shows the desk, offline."""
    alone = ["unshare", "-rn"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    archive = made(
        tmp_path,
        f"linux_{platform.machine()}",
        this_python(tmp_path / "python.tar"),
    )
    place = tmp_path / PLACE
    place.mkdir(parents=True)
    with tarfile.open(archive) as book:
        book.extractall(place, filter="data")
    archive.unlink()
    (top,) = place.iterdir()
    script, env = str(top / "双击开始.sh"), {"HOME": str(place.parent), "PATH": "/usr/bin:/bin", "LANG": "C"}
    ran = subprocess.run(
        [*alone, script, "run", "--out", str(place / "结果")], env=env, cwd="/", capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert re.search(r"菜园镇\s+▲50.4%", ran.stdout)
    assert (place / "结果" / "index.html").is_file()
    helper = [*alone, sys.executable, "-I", "-c", HELPER, script, "desk", str(place / "我的 县"), "--no-browser"]
    page = subprocess.run(helper, env=env, capture_output=True, text=True, encoding="utf-8", check=True, timeout=300).stdout  # fmt: skip
    assert "收月报" in page
    rows = list(csv.DictReader((top / "licences.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {"circles", "starlette", "psycopg", "Python"} <= {row["component"] for row in rows}
    assert not [row for row in rows if not row["licence"] or "same as" in row["licence"]]
    assert tuple(rows[0]) == licences.COLUMNS
    shutil.rmtree(top)
