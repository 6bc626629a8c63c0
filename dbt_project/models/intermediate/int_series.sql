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

kept_rows as (
    {{ longest_rows('suspect_rows', across_units, rounds=5) }}
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
