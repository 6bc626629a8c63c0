-- Promises that something can be held against: of KPIs where one direction is better, of more than zero, not of money (a
-- promise has no currency and no year of prices), on a project the participant named, from a submission that counts. The first version stands; re-baselines are only counted (METHOD 7).
select
    projects.project_key,
    projects.project_kind,
    kpis.kpi_key,
    kpis.direction,
    promises.participant_id,
    promises.promised_by,
    promises.promised_on,
    promises.due_on,
    cast(promises.promised_value as double) as promised_value,
    promises.rebaselines,
    declared.go_live_on,
    coalesce(declared.status = 'abandoned', false) as is_abandoned,
    coalesce(declared.status = 'closed', false) as is_closed
from {{ ref('stg_promises') }} as promises
inner join {{ ref('stg_submissions') }} as submissions
    on submissions.submission_seq = promises.submission_seq and submissions.grade in ('A', 'B', 'C')
inner join {{ ref('int_kpis') }} as kpis
    on kpis.kpi_code = promises.kpi_code and promises.due_on between kpis.valid_from and kpis.valid_to
inner join {{ ref('int_projects') }} as projects
    on projects.participant_id = promises.participant_id and projects.project_ref = promises.project_ref
left join {{ ref('stg_projects') }} as declared
    on declared.participant_id = promises.participant_id and declared.project_ref = promises.project_ref
where kpis.direction in ('H', 'L') and promises.promised_value > 0 and not kpis.is_money
