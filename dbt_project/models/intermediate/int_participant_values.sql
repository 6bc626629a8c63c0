-- A participant's own values where its holding group's are not its own: groups of several participants, and participants
-- that do not count. For its own report only.
{% set apart %}
    units.participant_key in (
        select participant_key
        from {{ ref('int_units') }}
        where not is_counted or group_key in (
            select group_key from {{ ref('int_units') }} group by group_key having count(distinct participant_key) > 1
        )
    )
{% endset %}
{{ covered_values('(' ~ company_sums('units.participant_key', apart) ~ ')') }}
