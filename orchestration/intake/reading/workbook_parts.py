"""The parts of an XLSX before a workbook reader sees them: how much they unpack to, what XML they hold, which cells have no value.

Nothing the archive says about sizes is believed: every part is unpacked once, block by block, and counted.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.parsers import expat

from orchestration.intake.reading.limits import Limits, refuse_unpacked
from orchestration.intake.reading.results import UnreadableFileError

MOST_PARTS = 5_000
MOST_RATIO = 300
SMALL_PART_BYTES = 1 << 24
BLOCK_BYTES = 1 << 20
LONGEST_CELL_BYTES = 1 << 16
LONGEST_MAP_BYTES = 1 << 22
OLE_MAGIC = b"\xd0\xcf\x11\xe0"
XML_ENDINGS = (".xml", ".rels", ".vml")
BROKEN = "The file cannot be read as an XLSX workbook: it is damaged or something else under this name. Save it again, or send it as CSV."
BOMB = "The workbook unpacks to far more than its size allows (part {name!r}): save it again from a spreadsheet, or send it as CSV."
_ERRORS = re.compile(rb"""<(?:\w+:)?c\b([^>]*\bt\s*=\s*["']e["'][^>]*)>""")
_FORMULAS = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f\s*>)\s*"
    rb"(?:</(?:\w+:)?c\s*>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*>\s*</(?:\w+:)?v\s*>)"
)
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_IS_TEXT = re.compile(rb"""\bt\s*=\s*["'](?:str|e)["']""")
UNPACKING_ERRORS = (
    expat.ExpatError,
    LookupError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    OverflowError,
)


@dataclass(frozen=True)
class EmptyCell:
    """A cell that shows something but holds no value: an error, or a formula without its result. `row` is the sheet's, 1-based."""

    column: str
    row: int
    is_error: bool


def check_parts(path: Path, limits: Limits) -> None:
    """Raises `UnreadableFileError` for an archive that is no workbook, or one made to harm."""
    with path.open("rb") as handle:
        if handle.read(4) == OLE_MAGIC:
            raise UnreadableFileError(
                "The workbook is protected by a password, or in the old .xls format: save it as XLSX without a password."
            )
    try:
        with zipfile.ZipFile(path) as archive:
            _check_list(archive)
            _check_contents(archive, limits)
    except UNPACKING_ERRORS:
        raise UnreadableFileError(BROKEN) from None


def _check_list(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise UnreadableFileError(
            f"The workbook has {len(parts):,} parts, allowed are at most {MOST_PARTS:,}: save it again, or send it as CSV."
        )
    if len({part.filename.lower() for part in parts}) < len(parts):
        raise UnreadableFileError(
            "The workbook holds two parts of one name: nobody can know which was meant. Save it again from a spreadsheet."
        )
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFileError("The workbook is protected by a password: save it without one.")


def _check_contents(archive: zipfile.ZipFile, limits: Limits) -> None:
    refuse_unpacked(sum(part.file_size for part in archive.infolist()), limits)
    total = 0
    for part in archive.infolist():
        size, parser = 0, _parser(part.filename)
        for block in _blocks(archive, part, limits.max_unpacked_bytes):
            size += len(block)
            refuse_unpacked(total + size, limits)
            if size > SMALL_PART_BYTES and size > MOST_RATIO * part.compress_size:
                raise UnreadableFileError(BOMB.format(name=part.filename[:60]))
            if parser:
                parser.Parse(block)
        if parser:
            parser.Parse(b"", True)
        total += size


def _parser(name: str) -> expat.XMLParserType | None:
    """What sees whether a part is whole XML, which the workbook reader does not mind, and refuses declarations, which may be bombs."""
    if not name.lower().endswith(XML_ENDINGS):
        return None
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_declaration
    return parser


def _refuse_declaration(*_: object) -> None:
    raise UnreadableFileError(
        "The workbook's XML declares a document type or entities, which no spreadsheet writes: save it again from one."
    )


def _blocks(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """What a part really unpacks to, whatever size and checksum it declares."""
    doubted = copy(part)
    doubted.file_size, doubted.CRC = most + 1, None  # pyright: ignore[reportAttributeAccessIssue]
    with archive.open(doubted) as stream:
        while block := stream.read(BLOCK_BYTES):
            yield block


def cells_without_value(path: Path, sheet: str, limits: Limits) -> list[EmptyCell]:
    """Error cells and formulas without a stored result on one sheet, which the workbook reader shows as empty."""
    try:
        with zipfile.ZipFile(path) as archive:
            part = archive.getinfo(_part_of(archive, sheet))
            return list(_empty_cells(_blocks(archive, part, limits.max_unpacked_bytes)))
    except (ET.ParseError, *UNPACKING_ERRORS):
        raise UnreadableFileError(BROKEN) from None


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Name of the part that holds a sheet. Raises KeyError where the workbook does not say."""
    relations = {e.get("name"): _id(e) for e in _elements(archive, "xl/workbook.xml", "sheet")}
    targets = {e.get("Id"): e.get("Target") or "" for e in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")}
    target = targets[relations[sheet]]
    name = target[1:] if target.startswith("/") else "xl/" + target
    return {part.lower(): part for part in archive.namelist()}[name.lower()]


def _elements(archive: zipfile.ZipFile, name: str, local: str) -> list[ET.Element]:
    part = next((p for p in archive.infolist() if p.filename.lower() == name.lower()), None)
    if part is None or part.file_size > LONGEST_MAP_BYTES:
        raise KeyError(name)
    tree = ET.fromstring(archive.read(part))  # noqa: S314 - declarations were refused, the size is bounded
    return [e for e in tree.iter() if e.tag.rpartition("}")[2] == local]


def _id(element: ET.Element) -> str:
    return {key.rpartition("}")[2]: value for key, value in element.attrib.items()}["id"]


def _empty_cells(blocks: Iterator[bytes]) -> Iterator[EmptyCell]:
    tail = b""
    seen: set[tuple[str, int]] = set()
    for block in blocks:
        text = tail + block
        tail = text[-LONGEST_CELL_BYTES:]
        for attributes, is_error in _suspects(text):
            place = _PLACE.search(attributes)
            if place is None:
                raise UnreadableFileError(
                    "The sheet holds errors or formulas without a result in cells that do not say where they stand: send it as CSV."
                )
            at = (place[1].decode(), int(place[2]))
            if at not in seen:
                seen.add(at)
                yield EmptyCell(*at, is_error)


def _suspects(text: bytes) -> Iterator[tuple[bytes, bool]]:
    if b't="e"' in text or b"t='e'" in text:
        yield from ((match[1], True) for match in _ERRORS.finditer(text))
    if b"<f" in text or b":f" in text:
        yield from ((match[1], False) for match in _FORMULAS.finditer(text) if not _IS_TEXT.search(match[1]))
