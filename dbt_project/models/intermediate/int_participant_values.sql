-- A participant's own values where its holding group's are not its own: groups of several participants, participants that
-- do not count or did not always, and participants that changed their group. For its own report only.
{% set voter, condition = 'units.participant_key', 'not units.is_alone' %}
{{ covered_values(
    company_sums(voter, condition),
    company_spans(voter, condition),
    ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key', 'voter_key']
) }}
