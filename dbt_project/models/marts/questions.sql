-- What the house asks participants about rows that were accepted, as the night sees it: a project declared later, or a
-- row corrected, answers its question. Nothing is left out because of a question.
with unknown_projects as (
    select observations.submission_seq
    from {{ ref('int_observations') }} as observations
    inner join {{ ref('int_projects') }} as projects on projects.project_key = observations.project_key
    where not projects.is_declared
    union all
    select named.submission_seq
    from (
        select participant_id, submission_seq, project_ref from {{ ref('stg_engagements') }}
        union all
        select participant_id, submission_seq, project_ref from {{ ref('stg_promises') }}
        union all
        select participant_id, submission_seq, project_ref from {{ ref('stg_interventions') }}
    ) as named
    left join {{ ref('stg_projects') }} as projects
        on projects.participant_id = named.participant_id and projects.project_ref = named.project_ref
    where named.project_ref is not null and projects.project_ref is null
),

asked as (
    select submission_seq, 'unknown_project' as kind from unknown_projects
    union all
    select submission_seq, 'money_out_of_range' as kind
    from {{ ref('int_observations') }}
    where excluded_because = 'outside the hard range after conversion'
    union all
    select submission_seq, 'money_not_converted' as kind
    from {{ ref('int_observations') }}
    where excluded_because in ('no reference rate for its days', 'no price index for its year')
)

select
    submissions.participant_id,
    submissions.feed,
    asked.kind,
    submissions.submission_id,
    count(*) as rows
from asked
inner join {{ ref('stg_submissions') }} as submissions on submissions.submission_seq = asked.submission_seq
group by submissions.participant_id, submissions.feed, asked.kind, submissions.submission_id
