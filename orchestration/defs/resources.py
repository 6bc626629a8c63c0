"""The one resource: which workspace, which night, which profile, which engine. Everything else follows from it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.contracts import Profile, disclosure_policy, release_contracts
from orchestration.release.publish import Publisher
from orchestration.settings import Settings, load_settings
from orchestration.workspace import Workspace


class Night(dg.ConfigurableResource[None]):
    """One night's parameters. Empty means: from the settings, and today in the settings' timezone."""

    home: str = ""
    as_of: str = ""
    profile: str = ""
    target: str = ""

    @property
    def settings(self) -> Settings:
        settings = load_settings(Path(self.home) if self.home else None)
        return settings.on(self.target or settings.target)

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.settings.home).require()

    @property
    def date(self) -> date:
        settings = self.settings
        return date.fromisoformat(self.as_of) if self.as_of else datetime.now(ZoneInfo(settings.timezone)).date()

    @property
    def disclosure_profile(self) -> Profile:
        return disclosure_policy().profile(self.profile or self.settings.profile)

    @property
    def publisher(self) -> Publisher:
        return Publisher(
            self.workspace,
            self.settings,
            self.disclosure_profile,
            disclosure_policy(),
            release_contracts(),
            self.date,
        )
