{{ made_by_part('period', 'int_fingerprints__counted') }}
-- Rows that do not count in a period since another row of their series (participant, KPI, stage, project, vendor) does:
-- where rows overlap in time, the longest counts; of two equally long the one received last (METHOD 3.3). A row that overlaps
-- only rows which do not count themselves does count.
-- Two spellings of one vendor in one file are two parts of what the sender measured, not one thing told twice; a later file
-- that spells the vendor otherwise tells it again.
-- A participant whose attributes changed is several units of one group: its rows are compared across them.
{% set series = ['period_key', 'kpi_key', 'participant_key', 'group_key', 'stage_key', 'project_key', 'vendor_key'] %}

with spans_sent as (
    select distinct
        sent.participant_id,
        spans.period_key,
        spans.span_key,
        spans.period_start,
        spans.period_end
    from {{ ref('int_sent__spans') }} as sent
    inner join {{ ref('int_spans__assigned') }} as spans
        on spans.period_start = sent.period_start and spans.period_end = sent.period_end
    where {{ changed('spans.period_key') }}
),

overlapping_spans as (  -- what few participants send: different spans of one period that overlap
    select distinct
        own.participant_id,
        own.period_key,
        own.span_key
    from spans_sent as own
    inner join spans_sent as other
        on
            other.participant_id = own.participant_id
            and other.period_key = own.period_key
            and other.span_key <> own.span_key
            and other.period_start <= own.period_end
            and other.period_end >= own.period_start
),

spelled_twice as (  -- or one vendor in two spellings
    select
        names.participant_id,
        vendors.vendor_key
    from {{ ref('int_sent__names') }} as names
    inner join {{ ref('int_vendors') }} as vendors on vendors.spelling = names.name
    where names.kind = 'vendor'
    group by names.participant_id, vendors.vendor_key
    having min(vendors.spelling_key) <> max(vendors.spelling_key)
),

suspect_rows as (
    select
        placed.*,
        units.participant_key,
        spans.period_start,
        spans.period_end
    from {{ ref('int_observations__placed') }} as placed
    inner join {{ ref('int_units') }} as units on units.unit_key = placed.unit_key
    inner join {{ ref('int_spans') }} as spans on spans.span_key = placed.span_key
    left join overlapping_spans
        on
            overlapping_spans.participant_id = units.participant_id
            and overlapping_spans.period_key = placed.period_key
            and overlapping_spans.span_key = placed.span_key
    left join spelled_twice
        on spelled_twice.participant_id = units.participant_id and spelled_twice.vendor_key = placed.vendor_key
    where
        (overlapping_spans.span_key is not null or spelled_twice.vendor_key is not null)
        and {{ changed('placed.period_key') }}
),

kept_rows as (
    {{ longest_rows('suspect_rows', series, rounds=5) }}
)

select
    own.period_key,
    own.submission_seq,
    own.submission_row
from suspect_rows as own
left join kept_rows as other
    on other.submission_seq = own.submission_seq and other.submission_row = own.submission_row and other.period_key = own.period_key
where other.submission_seq is null
