-- As int_fingerprints, with what is only known once the rows were looked at: their grades after questions. Kinds of parts:
-- the period, and the year of promises.
with graded as (
    select
        homes.home_key,
        {{ digest_of_rows(['submissions.submission_seq', 'submissions.grade']) }} as digest
    from {{ ref('int_sent__spans') }} as sent
    inner join {{ ref('int_spans__assigned') }} as homes
        on homes.period_start = sent.period_start and homes.period_end = sent.period_end and homes.period_kind = 'year'
    inner join {{ ref('int_submissions__graded') }} as submissions on submissions.submission_seq = sent.submission_seq
    group by homes.home_key
),

periods as (
    select
        assigned.period_key,
        {{ digest_of_rows(['homes.part_key', 'homes.fingerprint', 'graded.digest']) }} as fingerprint
    from (select distinct home_key, period_key from {{ ref('int_spans__assigned') }}) as assigned
    inner join {{ ref('int_fingerprints') }} as homes on homes.kind = 'home' and homes.part_key = assigned.home_key
    inner join graded on graded.home_key = assigned.home_key
    group by assigned.period_key
),

promises as (
    select {{ digest_of_rows([
        'promises.project_key', 'promises.project_kind', 'promises.kpi_key', 'promises.direction', 'promises.participant_id',
        'promises.promised_by', 'promises.promised_on', 'promises.due_on', 'promises.promised_value', 'promises.rebaselines',
        'promises.go_live_on', 'promises.is_abandoned', 'promises.is_closed', 'engaged.vendor_key', 'engaged.vendor', 'units.unit_key',
        'units.group_key', 'units.is_counted', 'units.valid_from', 'units.valid_to',
    ]) }} as digest
    from {{ ref('int_promises') }} as promises
    left join {{ ref('int_projects__vendors') }} as engaged on engaged.project_key = promises.project_key
    left join {{ ref('int_units') }} as units on units.participant_id = promises.participant_id
)

select
    'period' as kind,
    cast(period_key as bigint) as part_key,
    fingerprint
from periods
union all
select  -- what became of promises by a year depends on the years before it too
    'promise' as kind,
    cast(years.period_key as bigint) as part_key,
    concat({{ digest_of_rows(['earlier.period_key', 'earlier.fingerprint']) }}, '/', max(promises.digest)) as fingerprint
from periods as years
inner join periods as earlier on earlier.period_key <= years.period_key and earlier.period_key % 10 = 0
cross join promises
where years.period_key % 10 = 0
group by years.period_key
