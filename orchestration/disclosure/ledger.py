"""What each candidate on disk was made of. A candidate whose note still holds need not be made again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from orchestration.digests import read_notes, write_notes

MADE_OF = "made_of.json"


class Ledger:
    """Notes by release id: the digest of what a candidate was made of, and the sizes of its files (none where no cell can be published).

    A note is removed before its candidate is touched and written after it is whole and on the disk, so a killed run leaves no
    note that lies; a file that is gone or cut off is one too few.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / ".private" / MADE_OF
        self._notes = read_notes(self._path)

    def holds(self, release_id: str, ingredients: str) -> bool:
        """Whether the candidate on disk was made of exactly this, and all of it is there."""
        note = self._notes.get(release_id)
        if note is None or note.get("made_of") != ingredients:
            return False
        found = self._files(release_id)
        return bool(found) == bool(note["files"]) and note["files"].items() <= found.items()

    def whole(self) -> set[str]:
        """The candidates that are noted, with all their files on disk."""
        return {release_id for release_id, note in self._notes.items() if self.holds(release_id, note.get("made_of", ""))}

    def keep_only(self, release_ids: set[str]) -> None:
        """Remove every other candidate, its note first."""
        self._notes = {release_id: note for release_id, note in self._notes.items() if release_id in release_ids}
        write_notes(self._path, self._notes)
        for folder in (*self._root.glob("*-r*"), *(self._root / ".private").glob("*-r*")):
            if folder.is_dir() and folder.name not in release_ids:
                shutil.rmtree(folder)

    def note(self, release_id: str, ingredients: str) -> None:
        """The candidate is whole."""
        os.sync()
        self._notes[release_id] = {"made_of": ingredients, "files": self._files(release_id)}
        write_notes(self._path, self._notes)

    def _files(self, release_id: str) -> dict[str, int]:
        """The size of every file of a candidate, in bytes, by its path."""
        folders = (self._root / release_id, self._root / ".private" / release_id)
        files = (path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(self._root).as_posix(): path.stat().st_size for path in files}
