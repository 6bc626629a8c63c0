{{ config(materialized='view') }}
-- One fingerprint a period: equal ones mean equal rows of the period in every mart. What is derived from the marts reads it.
select
    changes.part_key as period_key,
    concat(changes.fingerprint, '/', coalesce(promises.fingerprint, '')) as fingerprint
from {{ ref('int_fingerprints__compared') }} as changes
left join {{ ref('int_fingerprints__counted') }} as promises
    on promises.part_key = changes.part_key and promises.kind = 'promise'
where changes.kind = 'change'
