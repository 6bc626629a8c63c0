"""Read what was published: list, show and verify releases. Verifying needs only the folder and the public key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from orchestration.errors import EvenhandError
from orchestration.release.manifest import MANIFEST, describe_files, is_signed_by

REQUIRED = ("release_id", "period", "published_on", "profile", "content_sha256", "signature")


def release_folders(releases: Path) -> list[Path]:
    """Every published release, in alphabetical order of the ids."""
    return sorted(p for p in releases.glob("*") if p.is_dir() and not p.name.startswith("."))


def find_release(releases: Path, release_id: str) -> Path:
    """The folder of a release by id, or `current`. Raises `EvenhandError` naming what there is."""
    pointer = releases / "current"
    if release_id == "current" and pointer.exists():
        release_id = pointer.read_text("utf-8", "replace").strip()
    known = {folder.name: folder for folder in release_folders(releases)}
    if release_id in known:
        return known[release_id]
    there = ", ".join(known) or "none yet"
    raise EvenhandError(f"There is no release {release_id!r} in {releases}; there are: {there}.")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a release folder. Raises `EvenhandError` where there is none that can be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        raise EvenhandError(f"{folder} holds no readable {MANIFEST}: it is no release, or it was damaged.") from None
    if not isinstance(manifest, dict) or not all(isinstance(manifest.get(name), str) for name in REQUIRED):
        raise EvenhandError(f"{folder / MANIFEST} is no manifest of a release: it must name {', '.join(REQUIRED)}.")
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(isinstance(file, dict) and isinstance(file.get("bytes"), int) for file in files.values()):
        raise EvenhandError(f"{folder / MANIFEST} is no manifest of a release: it must list its files with their bytes.")
    return manifest


def read_public_key(path: Path) -> str:
    """A public key file: 64 hexadecimal digits. Raises `EvenhandError` otherwise."""
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise EvenhandError(f"The public key {path} cannot be read: name the file with --public-key.") from None
    if len(text) != 64 or any(c not in "0123456789abcdef" for c in text):
        raise EvenhandError(f"{path} is no public key: allowed are 64 hexadecimal digits.")
    return text


def verify(folder: Path, public_key: str) -> list[str]:
    """What is wrong with a release folder, a sentence each; empty where every byte is as it was signed."""
    manifest = read_manifest(folder)
    problems: list[str] = []
    if not is_signed_by(manifest, public_key):
        problems.append(f"{MANIFEST} is not signed by this public key, or was changed after it was signed.")
    listed, found = manifest["files"], describe_files(folder)
    problems += [f"{name} is missing." for name in sorted(set(listed) - set(found))]
    problems += [f"{name} is not part of the release." for name in sorted(set(found) - set(listed))]
    for name in sorted(set(listed) & set(found)):
        problems += [
            f"{name}: {field} is {found[name][field]}, the manifest says {listed[name].get(field)}."
            for field in ("bytes", "sha256", "rows")
            if found[name][field] != listed[name].get(field)
        ]
    return problems


def release_lines(releases: Path) -> list[str]:
    """One line a release, by period and revision; the current one is marked."""
    pointer = releases / "current"
    current = pointer.read_text("utf-8", "replace").strip() if pointer.exists() else ""
    lines = [_line(folder, read_manifest(folder), folder.name == current) for folder in release_folders(releases)]
    return lines or ["Nothing has been released yet."]


def _line(folder: Path, manifest: dict[str, Any], is_current: bool) -> str:
    rows = manifest["files"].get("benchmark.parquet", {}).get("rows", 0)
    return f"{folder.name:<12} published {manifest['published_on']}  profile {manifest['profile']}  {rows:,} cells{'  (current)' if is_current else ''}"


def manifest_lines(folder: Path) -> list[str]:
    """A release in words: when, under which rules, and its files."""
    manifest = read_manifest(folder)
    facts = (
        "label",
        "period",
        "published_on",
        "profile",
        "replaces",
        "code_version",
        "policy_version",
        "submissions_merkle_root",
    )
    lines = [
        folder.name,
        *(f"  {name.replace('_', ' ')}: {manifest[name]}" for name in facts if manifest.get(name) is not None),
    ]
    for name, file in sorted(manifest["files"].items()):
        rows = f", {file['rows']:,} rows" if file.get("rows") is not None else ""
        lines.append(f"  {name}: {file['bytes']:,} bytes{rows}, sha256 {str(file.get('sha256'))[:16]}...")
    return lines
