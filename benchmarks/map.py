"""How large the map is, how soon it can be used, and how fast it answers: Shengsi and Malta in headless Chromium.

python benchmarks/map.py                       # Shengsi
python benchmarks/map.py AREA.toml index.html  # areas to analyse, or maps that are written already
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

RUNS = 5
MEASURE = """async () => {
  const A = circles_atlas, time = (act) => { const t = performance.now(); act(); return performance.now() - t; };
  const z = A.map.getZoom(), r = A.data.residents, out = {};
  out.zoom = [1, 2, 3, 4, 3, 2, 1, 0].map((step) => time(() => A.map.setZoom(z + step, { animate: false })));
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  out.painted = [];
  for (const step of [1, 2, 3, 4, 3, 2, 1, 0]) {
    const t = performance.now();
    A.map.setZoom(z + step, { animate: false });
    await painted();
    out.painted.push(performance.now() - t);
  }
  out.pan = [1, 2, 3, 4].map((k) => time(() => A.map.panBy([k % 2 ? 300 : -300, 100], { animate: false })));
  out.redraw = [1, 2, 3].map(() => time(A.page.redraw));
  const place = (k) => ({ edge: 5 + k * 97, fraction: 0.5, leg: 0, x: 0.5, y: 0.5, category: 0 });
  A.draft.category = 0;
  A.draft.added = [place(0)];
  out.warm = [time(() => A.compareDraft())];
  out.draft = [1, 2, 3, 4, 5].map((k) => time(() => { A.draft.added = [place(k)]; A.compareDraft(); }));
  const inside = A.data.facilities.inside.people.flatMap((p, i) => (p ? [i] : []));
  out.circle = inside.slice(0, 5).map((i) => time(() => A.ownCircle(i)));
  out.search = ['a', 'cyz', 'san'].map((text) => time(() => A.findNames(text)));
  out.heapMb = [performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0];
  return out;
}"""


def main() -> None:
    """Print one table per area."""
    names = sys.argv[1:] or ["shengsi"]
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name in names:
            report(name, page_of(name, Path(folder)), browser)
        browser.close()


def page_of(name: str, folder: Path) -> Path:
    """Return the map of an area, written now, or the map named."""
    if name.endswith(".html"):
        return Path(name)
    import circles
    from circles.outputs import map as html_map

    file = folder / "index.html"
    html_map.write(circles.analyse(circles.load_area(None if name == "shengsi" else name)), file)
    return file


def report(name: str, file: Path, browser: Browser) -> None:
    """Print size, seconds until usable and milliseconds of each action: median and worst."""
    ready = []
    for _ in range(RUNS):
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(file.resolve().as_uri())
        page.wait_for_selector("html[data-ready=yes]")
        ready.append(page.evaluate("circles_atlas.readyMs"))
        if len(ready) < RUNS:
            page.close()
    print(f"{name}: {file.stat().st_size / 1e6:.2f} MB; usable after {statistics.median(ready) / 1000:.2f} s "
          f"(worst of {RUNS}: {max(ready) / 1000:.2f} s)")  # fmt: skip
    found = page.evaluate(MEASURE)
    print(f"  heap afterwards {found.pop('heapMb')[0]:.0f} MB (Chromium rounds it)")
    for action, times in found.items():
        print(f"  {action:8} median {statistics.median(times):6.0f} ms   worst {max(times):6.0f} ms")
    page.close()


if __name__ == "__main__":
    main()
