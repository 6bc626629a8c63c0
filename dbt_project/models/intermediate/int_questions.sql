-- Everything the house asks participants about accepted rows, one row a question, with its answer as the night sees it.
-- A project declared later, or a row corrected, removes its question; a confirmation keeps it as confirmed.
with statistical as (
    select
        submissions.participant_id,
        submissions.submission_id,
        submissions.submission_seq,
        submissions.feed,
        asked.kind,
        asking.received_on as asked_on,
        cast(1 as bigint) as row_count,
        asked.submission_row,
        kpis.kpi_code,
        kpis.kpi_version,
        spans.period_start,
        spans.period_end,
        stages.value_chain_stage,
        projects.project_ref,
        vendors.spelling as vendor,
        asked.value,
        asked.previous_value,
        asked.expected_low,
        asked.expected_high,
        concat(
            kpis.kpi_code, '|', cast(kpis.kpi_version as varchar(10)), '|', cast(spans.period_start as varchar(10)), '|',
            cast(spans.period_end as varchar(10)), '|', stages.value_chain_stage, '|', coalesce(projects.project_ref, ''), '|',
            coalesce(vendors.spelling, ''), '|', cast(observations.numerator as varchar(40)), '|', cast(observations.denominator as varchar(40))
        ) as asked_about
    from {{ ref('int_observations__questioned') }} as asked
    inner join {{ ref('int_observations') }} as observations
        on observations.submission_seq = asked.submission_seq and observations.submission_row = asked.submission_row
    inner join {{ ref('stg_submissions') }} as submissions on submissions.submission_seq = asked.submission_seq
    inner join {{ ref('stg_submissions') }} as asking on asking.submission_seq = asked.asked_seq
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = observations.kpi_key
    inner join {{ ref('int_spans') }} as spans on spans.span_key = observations.span_key
    inner join {{ ref('value_chain_stages') }} as stages on stages.stage_key = observations.stage_key
    left join {{ ref('int_projects') }} as projects on projects.project_key = observations.project_key
    left join {{ ref('int_vendors') }} as vendors on vendors.spelling_key = observations.spelling_key
),

unknown_projects as (
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

of_whole_files as (
    select
        submission_seq,
        kind,
        count(*) as row_count
    from (
        select submission_seq, 'unknown_project' as kind from unknown_projects
        union all
        select submission_seq, 'money_out_of_range' as kind
        from {{ ref('int_observations') }}
        where excluded_because = 'outside the hard range after conversion'
        union all
        select submission_seq, 'money_not_converted' as kind
        from {{ ref('int_observations') }}
        where excluded_because in ('no reference rate for its days', 'no price index for its year')
    ) as raised
    group by submission_seq, kind
),

asked as (
    select * from statistical
    union all
    select
        submissions.participant_id,
        submissions.submission_id,
        submissions.submission_seq,
        submissions.feed,
        of_whole_files.kind,
        submissions.received_on as asked_on,
        of_whole_files.row_count,
        cast(null as integer) as submission_row,
        cast(null as varchar(20)) as kpi_code,
        cast(null as integer) as kpi_version,
        cast(null as date) as period_start,
        cast(null as date) as period_end,
        cast(null as varchar(2)) as value_chain_stage,
        cast(null as varchar(200)) as project_ref,
        cast(null as varchar(200)) as vendor,
        cast(null as double) as value,
        cast(null as double) as previous_value,
        cast(null as double) as expected_low,
        cast(null as double) as expected_high,
        submissions.submission_id as asked_about
    from of_whole_files
    inner join {{ ref('stg_submissions') }} as submissions on submissions.submission_seq = of_whole_files.submission_seq
),

named as (
    select
        asked.*,
        concat('Q', {{ keyed_digest('night.question_key', "concat(asked.participant_id, '|', asked.kind, '|', asked.asked_about)") }}) as question_id,
        night.answers_until
    from asked
    cross join {{ ref('stg_night') }} as night
)

select
    named.question_id,
    named.participant_id,
    named.submission_id,
    named.submission_seq,
    named.feed,
    named.kind,
    case
        when confirmations.question_id is not null then 'confirmed'
        when named.asked_on <= named.answers_until then 'unanswered'
        else 'open'
    end as status,
    named.asked_on,
    named.row_count,
    named.submission_row,
    named.kpi_code,
    named.kpi_version,
    named.period_start,
    named.period_end,
    named.value_chain_stage,
    named.project_ref,
    named.vendor,
    named.value,
    named.previous_value,
    named.expected_low,
    named.expected_high
from named
left join {{ ref('stg_confirmations') }} as confirmations
    on confirmations.participant_id = named.participant_id and confirmations.question_id = named.question_id
