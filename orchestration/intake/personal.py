"""Personal data in text, as SQL: e-mail addresses, telephone numbers, account numbers (IBAN), persons named with a title.

Digits alone are project numbers and ids. A telephone number is known by its international prefix, the word before it, an
area code in brackets, or a national form that ids rarely have (613-555-0123, 06 12 34 56 78). Years and dates are taken
for what they are before numbers are looked for. A person is known by a title alone: a bare name (John Smith) looks like
a company's and passes. In the column of vendors, where Mr. Lube and Frau Holle GmbH are companies, a title counts only
before a first and a last name. What is caught in error its sender sees, and can spell otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import duckdb

from orchestration.sql import literal
from orchestration.vendors.vocabulary import COUNTRIES, LEGAL_FORMS

SHOWN_OF_PERSONAL = 2
"""Characters of a text with personal data that a receipt shows: receipts are kept for good; enough to find it, not to read it."""


def _words(text: str) -> list[str]:
    return text.split()


_YEAR = "\ue000"  # stands where a year or a date stood
_BLANK = r"[ \x{00A0}\x{202F}]"
_GAP = rf"[ ()/.\-\x{{00A0}}\x{{202F}}\x{{2009}}-\x{{2013}}{_YEAR}]"
_BEFORE, _AFTER = rf"(?:^|[^0-9A-Za-z+\-./{_YEAR}])", rf"(?:[^0-9A-Za-z\-{_YEAR}]|$)"

_EMAIL = r"[^\s@\x{FE6B}\x{FF20}<>]+[@\x{FE6B}\x{FF20}][^\s@\x{FE6B}\x{FF20}<>]+[.\x{FF0E}\x{3002}][A-Za-z\x{00C0}-\x{2FFF}\x{3040}-\x{FEFF}]{2,}"
_YEARS = (
    r"\b(?:19|20)[0-9]{2}(?:[-/.](?:0?[1-9]|1[0-2])(?:[-/.][0-3]?[0-9])?)?\b"
    r"|\b[0-3]?[0-9][-/.](?:0?[1-9]|1[0-2])[-/.](?:19|20)[0-9]{2}\b"
    r"|\b0[0-9](?:[-. ]0[0-9]){4}\b"  # 01.02.03.04.05 is a place in a plan
)


def _digits(least: int) -> str:
    return rf"[0-9](?:{_GAP}*[0-9]){{{least - 1},}}"


_INTERNATIONAL = (
    rf"(?:^|[^0-9A-Za-z+{_YEAR}])\+ ?\(?{_digits(8)}",
    rf"{_BEFORE}00(?:1[2-9][0-9]{{2}}[2-9][0-9]{{6}}|[2-9][0-9]{{9,12}}){_AFTER}",
    rf"{_BEFORE}00 ?[2-9][0-9]{{1,2}}{_GAP}+{_digits(7)}",
)
_NATIONAL = (
    rf"\(0[1-9][0-9]{{1,4}}\){_GAP}?{_digits(6)}",
    rf"{_BEFORE}0[1-9](?:[-. \x{{00A0}}\x{{202F}}][0-9]{{2}}){{4}}{_AFTER}",
)
_AMERICAN = rf"\([2-9][0-9]{{2}}\){_GAP}?[0-9]{{3}}{_GAP}[0-9]{{4}}{_AFTER}|{_BEFORE}(?:1[-. ])?[2-9][0-9]{{2}}[-. ][2-9][0-9]{{2}}[-. ][0-9]{{4}}{_AFTER}"
_CALLED = (
    rf"(?i:\b(?:tel|telefon|telefono|telephone|phone|fon|fax)){_BLANK}?(?i:nr|no|number)?[.:]*{_BLANK}*\+?\(?{_digits(6)}",
    rf"(?i:\b(?:mobile?|mob|handy|cell|cellphone|cellulaire|portable|gsm|natel|whatsapp))[.:]*{_BLANK}*\(?[0+]{_GAP}?{_digits(7)}",
)
_TELEPHONE = "|".join((*_INTERNATIONAL, *_NATIONAL, *_CALLED))

_IBAN_LENGTHS = _words(
    """
    NO15 BE16 DK18 FO18 FI18 GL18 NL18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 XK20 CH21 HR21 LI21 LV21 BG22 BH22 CR22 DE22 GB22 GE22
    IE22 ME22 RS22 AE23 GI23 IL23 IQ23 AD24 CZ24 ES24 MD24 PK24 RO24 SA24 SE24 SK24 TN24 VG24 PT25 IS26 TR26 FR27 GR27 IT27 MC27 SM27
    AL28 AZ28 BY28 CY28 DO28 GT28 HU28 LB28 PL28 SV28 BR29 EG29 PS29 QA29 UA29 JO30 KW30 MU30 MT31 SC31
    """
)
"""Characters of an account number by country (ISO 13616 registry)."""


def _iban() -> str:
    countries: dict[int, list[str]] = defaultdict(list)
    for country in _IBAN_LENGTHS:
        countries[int(country[2:])].append(country[:2])
    forms = (
        f"(?:{'|'.join(named)})[0-9]{{2}}(?:{_BLANK}?[0-9A-Z]{{4}}){{{(length - 4) // 4}}}"
        + (f"{_BLANK}?[0-9A-Z]{{{length % 4}}}" if length % 4 else "")
        for length, named in sorted(countries.items())
    )
    return rf"(?:^|[^0-9A-Za-z])(?:{'|'.join(forms)})(?:[^0-9A-Za-z]|$)"


_IBAN = _iban()

_LETTER = r"A-Za-z\x{00C0}-\x{024F}"  # after accents were taken off, what is left are letters such as ß and ø
_DEGREES = rf"(?:(?i:dr|prof)\.?{_BLANK}+)*"
_SURE_TITLES = r"(?i:herrn?|frau|monsieur|madame)"
_TITLES = rf"(?:{_SURE_TITLES}|Mrs?|Ms|Mme|Mlle|MRS?|MME|MLLE)"
_FIRST = rf"(?:[A-Z][{_LETTER}'-]+|[A-Z]\.)"
_FULL_NAME = rf"(?:{_FIRST}{_BLANK}*)+?{_BLANK}[A-Z][{_LETTER}'-]+"
_DOCTOR = rf"\b(?:Dr|Prof|DR|PROF)\.?{_BLANK}+{_DEGREES}{_FULL_NAME}"
_PERSON = "|".join(
    (
        rf"\b{_SURE_TITLES}\.?{_BLANK}+{_DEGREES}(?:[A-Z]\.{_BLANK}*)*[{_LETTER}]{{2}}",
        rf"\b(?:Mrs?|Ms|Mme|Mlle)\.?{_BLANK}+{_DEGREES}(?:[A-Z]\.{_BLANK}*)*[A-Z][a-z\x{{00DF}}-\x{{024F}}'-]",
        rf"\b(?:Mrs?|Mme|Mlle|MRS|MME|MLLE)\.?{_BLANK}+{_DEGREES}(?:[A-Z]\.{_BLANK}*)*[A-Z]{{3}}",
        rf"\bMR\.?{_BLANK}+{_DEGREES}(?:[A-Z]\.{_BLANK}*)*[A-Z]{{4}}",
        rf"\b(?:mrs?|mme|mlle)\.?{_BLANK}+{_DEGREES}[{_LETTER}]{{3}}",
        _DOCTOR,
    )
)
_PERSON_AMONG_VENDORS = rf"\b{_TITLES}\.?{_BLANK}+{_DEGREES}{_FULL_NAME}|{_DOCTOR}"
_NO_SURNAMES = _words(
    """
    Office Project Teams Word Excel Access Dynamics Azure Exchange Outlook Windows Visio Share Power Server Copilot Fabric Purview Entra
    Defender Intune SQL Graph Loop Planner OneDrive SharePoint PowerPoint PowerBI Viva Edge Surface Cloud Publisher Business Forms
    Security Sentinel Store Build Software System Systems Services Service Consulting Solutions Solution Group Holding Technologies
    Technology Informatik Digital Data Networks Network Partners Bank Review Request Requests Merge Backlog Rollout Scanner Imaging
    """
)
"""Words that follow Ms, MR or a surname where products and companies are meant."""

_NO_NAMES = rf"(?i:\b(?:{'|'.join(sorted({w.upper() for w in _NO_SURNAMES} | LEGAL_FORMS | COUNTRIES))})\b)"

SUSPECT = rf"[@\x{{FE6B}}\x{{FF20}}]|{_digits(6)}|(?i:\b(?:mrs?|ms|herrn?|frau|mme|mlle|monsieur|madame|dr|prof)\.?){_BLANK}"
"""What no text with personal data lacks: one scan, at which most texts end."""


def holds_personal_data(text: str, *, is_vendor: bool = False) -> str:
    """SQL that is true where the SQL text `text` seems to hold personal data; never NULL."""
    plain, person = f"strip_accents({text})", _PERSON_AMONG_VENDORS if is_vendor else _PERSON
    looks = (
        f"regexp_matches({text}, {literal(f'{_EMAIL}|{_AMERICAN}|{_IBAN}')})",
        _without(plain, _YEARS, _YEAR, _TELEPHONE),
        _without(plain, _NO_NAMES, "|", person),
    )
    return f"case when regexp_matches({text}, {literal(SUSPECT)}) then {' or '.join(looks)} else false end"


def _without(text: str, other: str, mark: str, pattern: str) -> str:
    """SQL of "`pattern` is found also where `other` is taken out"; taking out costs more than looking, so a look comes first."""
    left = f"regexp_replace({text}, {literal(other)}, {literal(mark)}, 'g')"
    return f"case when regexp_matches({text}, {literal(pattern)}) then regexp_matches({left}, {literal(pattern)}) else false end"


def shown(text: str, length: int) -> str:
    """SQL of what a receipt shows of the SQL text `text`: `length` characters, or two where it holds personal data; NULL is empty."""
    hidden = f"substr({text}, 1, {SHOWN_OF_PERSONAL}) || '…'"
    return f"case when {holds_personal_data(text)} then {hidden} else substr(coalesce({text}, ''), 1, {length}) end"


def shown_texts(connection: duckdb.DuckDBPyConnection, texts: Sequence[str], length: int) -> list[str]:
    """`shown` of each text, in order: for rows that fit no table."""
    rows = connection.execute(f"select {shown('t', length)} from (select unnest($1::varchar[]) as t)", [list(texts)])
    return [row[0] for row in rows.fetchall()]
