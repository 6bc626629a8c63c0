"""Which encoding a text file is in, and the file as UTF-8. Guesses only where the bytes leave no doubt.

UTF-8 as it is; UTF-16 where its mark stands first; Windows-1252 where the bytes are no UTF-8, hold no sequence that
would be UTF-8 (a broken UTF-8 file stays refused), and every byte is a character of it.
"""

from __future__ import annotations

import codecs
import mmap
import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from orchestration.intake.reading.results import UnreadableFileError

BLOCK_BYTES = 1 << 24
UTF_8, UTF_16, WINDOWS_1252 = "UTF-8", "UTF-16", "Windows-1252"
_UTF_8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")


@contextmanager
def as_utf8(path: Path) -> Generator[tuple[Path, str]]:
    """The file, or a passing copy of it, in UTF-8; and the encoding it was in. Raises `UnreadableFileError` for what is no text."""
    encoding = _encoding(path)
    if encoding == UTF_8:
        yield path, encoding
        return
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        copy = Path(folder) / "text"
        _transcode(path, copy, encoding)
        if encoding == UTF_16:
            _refuse_other_than_utf8(copy)
        yield copy, encoding


def _encoding(path: Path) -> str:
    with path.open("rb") as handle:
        start = handle.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return UTF_16
    try:
        _refuse_other_than_utf8(path)
    except UnreadableFileError:
        if _is_windows_1252(path):
            return WINDOWS_1252
        raise
    return UTF_8


def _is_windows_1252(path: Path) -> bool:
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return not (_UTF_8_SEQUENCE.search(data) or _NO_TEXT.search(data))


def _transcode(source: Path, target: Path, encoding: str) -> None:
    with source.open(encoding=encoding, newline="") as reader, target.open("w", encoding="utf-8", newline="") as writer:
        try:
            while block := reader.read(BLOCK_BYTES):
                writer.write(block)
        except UnicodeError:
            raise UnreadableFileError(f"The file starts like {encoding} text but is not: save it as CSV in UTF-8.") from None


def _refuse_other_than_utf8(path: Path) -> None:
    decoder, before = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as handle:
        while True:
            block = handle.read(BLOCK_BYTES)
            if b"\x00" in block:
                raise UnreadableFileError(
                    "The file is not UTF-8 text (it holds zero bytes): export it as CSV in UTF-8, not as a workbook, or name it by what it is."
                )
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                byte = before + len(block) - len(error.object) + error.start + 1
                raise UnreadableFileError(f"The file is not UTF-8 text (byte {byte:,} cannot be read): save it as CSV in UTF-8.") from None
            if not block:
                return
            before += len(block)
