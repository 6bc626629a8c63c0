-- A participant's own values where its holding group's are not its own: groups of several participants, participants that
-- do not count or did not always, and participants that changed their group. For its own report only.
{{ covered_values('(' ~ company_sums('units.participant_key', 'not units.is_alone') ~ ')') }}
