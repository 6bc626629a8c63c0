-- Every project a participant named, declared in its projects feed or only used by a figure (then of unknown kind, 0).
-- Keys follow the order of first receipt, so that neither a new project nor a file sent again moves another's.
with sent as (
    select participant_id, project_ref, first_seq as submission_seq from {{ ref('stg_projects') }}
    union all
    select participant_id, name as project_ref, submission_seq from {{ ref('int_sent__names') }} where kind = 'project'
    union all
    select participant_id, project_ref, first_seq as submission_seq from {{ ref('stg_engagements') }}
),

named as (
    select
        participant_id,
        project_ref,
        min(submission_seq) as first_seq
    from sent
    group by participant_id, project_ref
)

select
    cast(row_number() over (order by named.first_seq, named.participant_id, named.project_ref) as integer) as project_key,
    named.participant_id,
    named.project_ref,
    projects.project_ref is not null as is_declared,
    coalesce(kinds.project_kind_key, 0) as project_kind_key,
    kinds.project_kind
from named
left join {{ ref('stg_projects') }} as projects
    on projects.participant_id = named.participant_id and projects.project_ref = named.project_ref
left join {{ ref('project_kinds') }} as kinds on kinds.project_kind = projects.project_kind
