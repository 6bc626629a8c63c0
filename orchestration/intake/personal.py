"""Personal data in free text, as SQL: e-mail addresses, telephone numbers, persons named with a title. Builds text only.

Titles are those that companies do not carry: Mr, Mrs, Ms, Herr, Frau, Mme, Mlle, Monsieur, Madame. `Dr.` and `M.` are
left out on purpose (Dr. Oetker is a company, M. is an initial), so a doctor's name passes where nothing else gives it
away. Telephone numbers need an international prefix, an area code in brackets, or the word before them: digits alone are
project numbers and ids. What is caught in error (Mr. Cooper is a company too) its sender sees, and can spell otherwise.
"""

from __future__ import annotations

LATIN = r"\x{00C0}-\x{024F}"  # the letters of Latin alphabets beyond A to Z; whole Unicode classes cost ten times as much to prepare
EMAIL = r"[^\s@<>]+@[^\s@<>]+\.[A-Za-z]{2,}"
NUMBER = r"[0-9][0-9 ()/.\-\x{00A0}]{4,}[0-9]"
INTERNATIONAL = rf"(?:^|[^0-9A-Za-z+])\+ ?(?:\([0-9]{{1,3}}\)|[1-9]){NUMBER}"
BRACKETED = r"\(0?[1-9][0-9]{1,4}\) ?[0-9][0-9 /.\-\x{00A0}]{3,}[0-9]"
CALLED = rf"(?i:\b(?:tel|telefon|telephone|phone|fon|fax))[.:]? ?\+?\(?{NUMBER}"
TITLES = r"(?:Mr|Mrs|Ms|Herr|Herrn|Frau|Mme|Mlle|Monsieur|Madame)"
PERSON = rf"(?:^|[^A-Za-z0-9{LATIN}]){TITLES}\.?[ \x{{00A0}}]+(?:(?:Dr|Prof)\.?[ \x{{00A0}}]+)*(?:[A-Z{LATIN}]\.[ \x{{00A0}}]*)*[A-Z{LATIN}][a-z{LATIN}]"
PRODUCTS = r"\bMs\.? (?:Office|Project|Teams|Word|Excel|Access|Dynamics|Azure|Exchange|Outlook|Windows|Visio|Share|Power|Server)"


def holds_personal_data(text: str) -> str:
    """SQL that is true where the SQL text `text` seems to hold personal data. Cheap looks come before patterns."""
    email = f"(contains({text}, '@') and regexp_matches({text}, '{EMAIL}'))"
    prefixed = f"(contains({text}, '+') and regexp_matches({text}, '{INTERNATIONAL}'))"
    bracketed = f"(contains({text}, '(') and regexp_matches({text}, '{BRACKETED}'))"
    either = f"regexp_matches({text}, '{CALLED}|{PERSON}')"  # one scan for what has no telling sign; most texts end here
    called = f"regexp_matches({text}, '{CALLED}')"
    person = f"regexp_matches(regexp_replace({text}, '{PRODUCTS}', '', 'g'), '{PERSON}')"
    return f"({email} or {prefixed} or {bracketed} or ({either} and ({called} or {person})))"
