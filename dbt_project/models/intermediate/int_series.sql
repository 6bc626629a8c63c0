-- One row per series (unit, KPI, stage, project, vendor) and period: its rows summed, before anything is merged.
-- Rows of spans that are no whole months stay apart by span_key (0 = whole months), so that days can be counted later.
-- Where rows of a series overlap in time, the longest counts; of two equally long the one received last (METHOD 3.3). A row
-- that overlaps only rows which do not count themselves does count.
-- Two spellings of one vendor in one file are two parts of what the sender measured, not one thing told twice; a later file
-- that spells the vendor otherwise tells it again.
-- A participant whose attributes changed is several units of one group: its rows are compared across them.
{% set series = ['period_key', 'kpi_key', 'unit_key', 'stage_key', 'project_key', 'vendor_key'] %}
{% set across_units = ['participant_key', 'group_key'] + series | reject('equalto', 'unit_key') | list %}

with all_rows as (
    {{ summed_to_series(ref('int_observations__placed'), series) }}
),

changed_units as (  -- units of participants whose attributes changed
    select units.unit_key
    from {{ ref('int_units') }} as units
    inner join (
        select participant_key, group_key
        from {{ ref('int_units') }}
        group by participant_key, group_key
        having count(*) > 1
    ) as changed on changed.participant_key = units.participant_key and changed.group_key = units.group_key
),

suspects as (  -- series in which two rows may overlap
    select {{ series | join(', ') }}
    from all_rows
    where masked_months <> bit_count(month_mask)
    union
    select {{ series | join(', ') }}
    from all_rows
    where span_key > 0
    union
    select
        {% for key in series %}all_rows.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
    from all_rows
    inner join changed_units on changed_units.unit_key = all_rows.unit_key
),

suspect_rows as (
    select
        placed.*,
        units.participant_key,
        spans.period_start,
        spans.period_end
    from {{ ref('int_observations__placed') }} as placed
    inner join suspects
        on {% for key in series %}suspects.{{ key }} = placed.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    inner join {{ ref('int_units') }} as units on units.unit_key = placed.unit_key
    inner join {{ ref('int_spans') }} as spans on spans.span_key = placed.span_key
),

{% set rounds = 5 %}
{% set same_series %}{% for key in across_units %}other.{{ key }} = own.{{ key }} and {% endfor %}(other.submission_seq <> own.submission_seq or other.spelling_key = own.spelling_key) and {% endset %}
{% set same_row %}own.submission_seq = other.submission_seq and own.submission_row = other.submission_row and own.period_key = other.period_key{% endset %}

-- The longest row stays, then the longest of those that do not overlap it, and so on: one such row a round.
{% for round in range(rounds) %}
{% set undecided = 'suspect_rows' if loop.first else 'undecided_' ~ round %}
beaten_{{ round }} as (
    select distinct
        own.submission_seq,
        own.submission_row,
        own.period_key
    from {{ undecided }} as own
    inner join {{ undecided }} as other
        on
            {{ same_series }}other.period_start <= own.period_end and other.period_end >= own.period_start
            and (
                other.span_days > own.span_days
                or (other.span_days = own.span_days and other.submission_seq > own.submission_seq)
                or (
                    other.span_days = own.span_days
                    and other.submission_seq = own.submission_seq
                    and other.submission_row > own.submission_row
                )
            )
),

kept_{{ round }} as (
    select own.*
    from {{ undecided }} as own
    left join beaten_{{ round }} as other on {{ same_row }}
    where other.submission_seq is null
),

decided_{{ round }} as (
    select distinct
        own.submission_seq,
        own.submission_row,
        own.period_key
    from {{ undecided }} as own
    inner join kept_{{ round }} as other
        on {{ same_series }}other.period_start <= own.period_end and other.period_end >= own.period_start
),

undecided_{{ round + 1 }} as (
    select own.*
    from {{ undecided }} as own
    left join decided_{{ round }} as other on {{ same_row }}
    where other.submission_seq is null
),
{% endfor %}

kept_rows as (
    {% for round in range(rounds) %}
    select * from kept_{{ round }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

unsuspected as (
    select all_rows.*
    from all_rows
    left join suspects
        on {% for key in series %}suspects.{{ key }} = all_rows.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    where suspects.unit_key is null
)

select * from unsuspected
union all
{{ summed_to_series('kept_rows', series) }}
