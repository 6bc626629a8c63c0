"""What the reports of the current release were made of: a report is made again only where that changed.

One file, `candidate/.private/reports.json`, of digests: of each participant's own values of the release's period, and of all
that its report says something of. Values are looked at only where the period's fingerprint is another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.digests import digest_of, read_notes, write_notes
from orchestration.engine import engine
from orchestration.intake.vault import file_digest
from orchestration.periods import Period
from orchestration.release.manifest import MANIFEST
from orchestration.reports.questions import OwnQuestion
from orchestration.reports.tables import Participant
from orchestration.settings import load_settings
from orchestration.software import REPORTS, made_with
from orchestration.workspace import Workspace


@dataclass(frozen=True)
class OwnDigests:
    """The digest of each participant's own values of a period, and the fingerprint of that period with the code that made them."""

    fingerprint: str
    of: Mapping[str, str]


class Notes:
    """Notes of reports are removed before these are touched and written when all are whole: a killed run leaves no note that lies."""

    def __init__(self, workspace: Workspace, release: Path) -> None:
        self._workspace = workspace
        self._path = workspace.candidate / ".private" / "reports.json"
        self._common = (file_digest(release / MANIFEST), made_with(REPORTS))
        self._content = read_notes(self._path)

    def made_of(self, participant: Participant, values: str | None, questions: tuple[OwnQuestion, ...]) -> str:
        """The digest of all that a report is made of."""
        weights = sorted(participant.weights.items())
        named = (participant.industry, participant.sector, participant.country, participant.size_band, weights, values, questions)
        return digest_of(self._common, participant.participant_id, named)

    def hold(self, participant_id: str, made_of: str) -> bool:
        return self._content.get("made_of", {}).get(participant_id) == made_of

    def forget(self, participant_ids: Collection[str]) -> None:
        noted = self._content.get("made_of", {})
        if not noted.keys().isdisjoint(participant_ids):
            kept = {participant_id: made_of for participant_id, made_of in noted.items() if participant_id not in participant_ids}
            self._write({**self._content, "made_of": kept})

    def keep(self, made_of: Mapping[str, str], values: OwnDigests) -> None:
        self._write({"made_of": dict(made_of), "values": dict(values.of), "fingerprint": values.fingerprint})

    def own_digests(self, period: Period) -> OwnDigests:
        """Those of the release's period: as they were noted, or where something in the period changed, found anew."""
        with engine(load_settings(self._workspace.home), self._workspace.warehouse) as connection:
            found = connection.execute(
                "select concat(fingerprint, '/', own_values_made_by) from intermediate.int_fingerprints__periods where period_key = $1",
                [period.key],
            )
            fingerprint = f"{period.label}/{(found.fetchone() or ('',))[0]}"
            if self._content.get("fingerprint") == fingerprint:
                return OwnDigests(fingerprint, self._content["values"])
            rows = (
                "select participant_id, concat(count(*), ':', sum(hash(v))) from marts.participant_values as v where period = $1 group by 1"
            )
            return OwnDigests(fingerprint, dict(connection.execute(rows, [period.label]).fetchall()))

    def _write(self, content: dict[str, Any]) -> None:
        self._content = content
        write_notes(self._path, content)
