"""Which encoding a text file is in, and the file as UTF-8. Guesses only where the bytes leave no doubt.

UTF-8 as it is; UTF-16 where its mark stands first; Windows-1252 where the bytes are no UTF-8, hold no sequence that
would be UTF-8 (a broken UTF-8 file stays refused), and every byte is a character of it. The bytes of a few short words
are both (CAFÉ® in Windows-1252 is CAFɮ in UTF-8): they are read as UTF-8, and the receipt says that they are both.
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
UTF_8_OR_OTHER = f"{UTF_8}; it would also read as {WINDOWS_1252}: if a letter looks wrong, save the file as CSV in UTF-8 and send it again"
_UTF_8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_SIGN = rb"[\x80\x85\x92-\x94\x96\x97\x99\xa0\xa9\xab\xae\xb0\xb2\xb3\xb7\xb9-\xbb]"  # euro, quotes, dashes, (TM), (C), (R), degree ...
_LETTER_AND_SIGN = re.compile(rb"(?:[\xc4-\xdf]" + _SIGN + rb"|[\xe0\xe1\xe3-\xef]" + _SIGN + rb"{2})")
_RARE_LEADS = frozenset({*range(0xC6, 0xCE), *range(0xD2, 0xE0)})  # of two bytes for letters beyond Latin, Greek and Cyrillic
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")


@contextmanager
def as_utf8(path: Path) -> Generator[tuple[Path, str]]:
    """The file, or a passing copy of it, in UTF-8; and the encoding it was in. Raises `UnreadableFileError` for what is no text."""
    encoding = _encoding(path)
    if encoding in (UTF_8, UTF_8_OR_OTHER):
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
        start = handle.read(len(codecs.BOM_UTF8))
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return UTF_16
    try:
        is_ascii = _refuse_other_than_utf8(path)
    except UnreadableFileError:
        if _is_windows_1252(path):
            return WINDOWS_1252
        raise
    return UTF_8 if is_ascii or start == codecs.BOM_UTF8 or not _is_both(path) else UTF_8_OR_OTHER


def _is_both(path: Path) -> bool:
    """Whether all that is not ASCII in a UTF-8 file is, in Windows-1252, a letter and a sign, where UTF-8 has one letter alone.

    Real UTF-8 text soon shows another pair (an accented letter of Western Europe, two letters of Greek), and the look ends.
    """
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return all(_LETTER_AND_SIGN.fullmatch(found[0]) and _stands_in_latin(data, found) for found in _BEYOND_ASCII.finditer(data))


def _stands_in_latin(data: mmap.mmap, found: re.Match[bytes]) -> bool:
    """Whether an ASCII letter stands before it, and none after the letters that Polish, Greek or Russian words are made of."""
    before, after = data[max(0, found.start() - 1) : found.start()], data[found.end() : found.end() + 1]
    return before.isalpha() and (found[0][0] in _RARE_LEADS or not after.isalpha())


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


def _refuse_other_than_utf8(path: Path) -> bool:
    """Whether the text is ASCII alone. Raises `UnreadableFileError` where it is no UTF-8."""
    decoder, before, is_ascii = codecs.getincrementaldecoder("utf-8")(), 0, True
    with path.open("rb") as handle:
        while True:
            block = handle.read(BLOCK_BYTES)
            if b"\x00" in block:
                raise UnreadableFileError(
                    "The file is not UTF-8 text (it holds zero bytes): export it as CSV in UTF-8, not as a workbook, or name it by what it is."
                )
            is_ascii = is_ascii and block.isascii()
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                byte = before + len(block) - len(error.object) + error.start + 1
                raise UnreadableFileError(f"The file is not UTF-8 text (byte {byte:,} cannot be read): save it as CSV in UTF-8.") from None
            if not block:
                return is_ascii
            before += len(block)
