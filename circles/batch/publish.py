"""What all regions have in common: the partitioned tables, the merged tables, the overview, ``run.json``."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from circles.batch import left_out, overview, parts
from circles.batch.regions import Region
from circles.batch.task import PARTS, REGIONS
from circles.foundation import atomic
from circles.foundation.errors import Finding
from circles.foundation.schema import tables as schema
from circles.foundation.version import __version__
from circles.foundation.words import Lang
from circles.outputs import files
from circles.outputs.folder import CONTRACT, MARK, PROGRAM

TABLES = "tables"
MERGED = ("coverage", "check")
"""Tables that also stand as one CSV file of all regions."""
FILES = ("coverage.csv", "check.csv", "regions.csv", "findings.csv", "index.html")
"""Everything in the batch's folder that this room writes anew at the end of each run."""


def publish(
    out: Path,
    name: str,
    regions: Sequence[Region],
    *,
    failed: Mapping[str, str],
    findings: Sequence[Finding] = (),
    lang: Lang,
) -> None:
    """Merge the results of all finished regions and publish them atomically in ``out``.

    Results of regions that failed, or that are no longer named, are removed.

    Parameters
    ----------
    out : folder of the batch
    name : name of the batch
    regions : all regions of the batch
    failed : message per code of a region that failed
    findings : findings on the extract as a whole, such as rows outside every region
    lang : language of the overview and of the messages
    """
    codes = sorted(region.code for region in regions if region.code not in failed)
    _forget_others(out, codes)
    records = {code: record(out, code) for code in codes}
    fresh = Path(tempfile.mkdtemp(prefix=".publish.", dir=out))
    try:
        for code in codes:
            _link_parts(out / PARTS / code, fresh / TABLES, code)
        merged = {table: _merged(out, regions, codes, table) for table in MERGED}
        for table, frame in merged.items():
            files.write_csv(frame, fresh / f"{table}.csv")
        files.write_csv(_regions(regions, records, failed, findings, lang), fresh / "regions.csv")
        files.write_csv(schema.findings_frame(findings, lang), fresh / "findings.csv")
        page = overview.page(name, regions, records=records, failed=failed, check=merged["check"], lang=lang)
        (fresh / "index.html").write_bytes(page.encode("utf-8"))
        run = {
            "program": PROGRAM, "contract": CONTRACT, "version": __version__,
            "batch": {
                "name": name, "regions": {code: record["run_id"] for code, record in records.items()},
                "failed": sorted(failed),
                "left_out": {table: count for table, (count, _) in left_out.of_cut(findings).items()},
            },
            "outputs": {p: _sha(fresh / p) for p in FILES},
        }  # fmt: skip
        write_text(fresh / MARK, json.dumps(run, ensure_ascii=False, sort_keys=True, indent=2) + "\n")
        atomic.replace_together(fresh, out, last=MARK)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_text(file: Path, content: str) -> None:
    """Write a small text file atomically."""
    atomic.write_file(file, content.encode("utf-8", "replace"))


def _forget_others(out: Path, codes: Sequence[str]) -> None:
    for folder in (out / PARTS, out / REGIONS):
        for item in sorted(folder.iterdir()) if folder.is_dir() else ():
            if item.is_dir() and not item.is_symlink() and item.name not in codes:
                shutil.rmtree(item, ignore_errors=True)


def record(out: Path, code: str) -> dict[str, Any]:
    """Return what a finished region recorded of itself."""
    found: dict[str, Any] = json.loads((out / PARTS / code / parts.RECORD).read_text(encoding="utf-8"))
    return found


def _link_parts(share: Path, tables: Path, code: str) -> None:
    """Give a region's share its place in the partitioned tables; a link where the system can, else a copy."""
    for table in (*parts.PARTS, "runs"):
        target = tables / table / f"region_code={code}" / "part.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        source = share / f"{table}.parquet"
        try:
            target.hardlink_to(source)
        except (OSError, NotImplementedError):
            shutil.copyfile(source, target)


def _merged(out: Path, regions: Sequence[Region], codes: Sequence[str], table: str) -> pd.DataFrame:
    names = {region.code: region.name for region in regions}
    columns = [c for c in schema.TABLES[table].names if c != "geometry"]
    frames = []
    for code in codes:
        plain = pd.read_parquet(out / PARTS / code / f"{table}.parquet", columns=columns)
        plain.insert(0, "region", names[code])
        plain.insert(0, "region_code", code)
        frames.append(plain)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["region_code", "region", *columns])


def _regions(
    regions: Sequence[Region],
    records: Mapping[str, Any],
    failed: Mapping[str, str],
    findings: Sequence[Finding],
    lang: Lang,
) -> pd.DataFrame:
    """Return one row per region by code, and below them one for each table of which rows lie in no region."""
    rows = [
        (
            region.code, region.name, "failed" if region.code in failed else "done",
            records[region.code]["run_id"] if region.code in records else "", failed.get(region.code, ""),
            records[region.code]["counts"]["residents"] if region.code in records else None,
        )
        for region in sorted(regions, key=lambda item: item.code)
    ]  # fmt: skip
    for table, (count, item) in left_out.of_cut(findings).items():
        rows.append(("", "", "left_out", "", item.message(lang), count if table == "residents" else None))
    columns = ["region_code", "region", "status", "run_id", "error", "residents"]
    return pd.DataFrame(rows, columns=columns).astype({"residents": "Int64"})


def _sha(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
