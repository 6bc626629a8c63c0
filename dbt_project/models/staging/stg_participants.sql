with received as (
    select
        registry.*,
        min(submission_seq) over (partition by participant_id) as first_seq,
        min(submission_seq) over (partition by holding_group_id) as group_first_seq
    from {{ source('raw', 'participants') }} as registry
    where received_on <= (select as_of from {{ ref('stg_night') }})
),

numbered as (  -- in the order of first appearance, so that whoever joins later moves no number
    select
        received.*,
        cast(dense_rank() over (order by first_seq, participant_id) as integer) as participant_no,
        cast(dense_rank() over (order by group_first_seq, holding_group_id) as integer) as group_no
    from received
),

newest as (
    select
        participant_id,
        holding_group_id,
        role,
        industry_code as industry,
        country,
        size_band,
        joined_on,
        verified as is_verified,
        legal_entity_id,
        consent_version,
        submission_row,
        participant_no,
        group_no,
        coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
        coalesce(valid_to, cast('2999-12-31' as date)) as valid_to
    from numbered
    where submission_seq = (select max(files.submission_seq) from received as files)
),

edges as (  -- the days on which something may change
    select participant_id, valid_from as starts_on from newest
    union
    select participant_id, cast({{ dbt.dateadd('day', 1, 'valid_to') }} as date) as starts_on from newest
),

spans as (
    select
        participant_id,
        starts_on,
        lead(starts_on) over (partition by participant_id order by starts_on) as next_starts_on
    from edges
),

candidates as (  -- of the rows that hold in a span, the one that began last
    select
        newest.*,
        spans.starts_on,
        cast({{ dbt.dateadd('day', -1, 'spans.next_starts_on') }} as date) as ends_on,
        row_number() over (
            partition by newest.participant_id, spans.starts_on order by newest.valid_from desc, newest.submission_row desc
        ) as choice
    from spans
    inner join newest
        on
            newest.participant_id = spans.participant_id
            and spans.starts_on between newest.valid_from and newest.valid_to
    where spans.next_starts_on is not null
)

select
    participant_id,
    holding_group_id,
    role,
    industry,
    country,
    size_band,
    joined_on,
    is_verified,
    legal_entity_id,
    consent_version,
    participant_no,
    group_no,
    starts_on as valid_from,
    ends_on as valid_to
from candidates
where choice = 1
