{{ config(materialized='view') }}
-- One fingerprint a period: equal ones mean equal rows of the period in every mart that the same code made. What is derived
-- from the marts reads it, with the digest of the code of those marts.
{% set published = [
    'cell_evidence', 'trend_evidence', 'attainment_evidence', 'company_values', 'participants', 'int_attainment_votes', 'int_cells',
    'int_company_values', 'int_kpis', 'int_matched_changes', 'int_units',
] -%}
select
    changes.part_key as period_key,
    concat(changes.fingerprint, '/', coalesce(promises.fingerprint, '')) as fingerprint,
    '{{ code_of_all(published) }}' as evidence_made_by,
    '{{ code_of_all(["participant_values"]) }}' as own_values_made_by
from {{ ref('int_fingerprints__compared') }} as changes
left join {{ ref('int_fingerprints__counted') }} as promises
    on promises.part_key = changes.part_key and promises.kind = 'promise'
where changes.kind = 'change'
