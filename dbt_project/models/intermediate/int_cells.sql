{{ made_by_part('cell', 'int_fingerprints__compared') }}
-- One row per cell: exact quantiles and shares over its company values. Keys only; the mart decodes them.
-- What is the same for a value in all its cells is found before it is spread over them.
{% set cell = ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key'] %}
with groups as (
    {{ counted_groups() }}
),

alone as (
    select
        own.period_key,
        own.kpi_key,
        own.slice_part_key,
        own.unit_key,
        units.group_key as voter_key,
        own.value,
        own.volume,
        own.row_count,
        own.attributed_rows,
        own.grade
    from {{ ref('int_unit_values') }} as own
    inner join {{ ref('int_units') }} as units on units.unit_key = own.unit_key and units.is_counted and units.is_whole_group
    where {{ changed('own.period_key') }}
),

shared as (  -- values that two groups of one period and KPI have: only these can be common to two groups of one cell
    select
        period_key,
        kpi_key,
        round(value, 9) as same_value
    from (
        select period_key, kpi_key, value, voter_key from alone
        union all
        select period_key, kpi_key, value, voter_key from {{ ref('int_joint_values') }} where {{ changed('period_key') }}
    ) as everybody
    group by period_key, kpi_key, round(value, 9)
    having min(voter_key) <> max(voter_key)
),

spread as {{ inlined() }} (
    select
        alone.period_key,
        alone.kpi_key,
        unit_parts.unit_part_key,
        alone.slice_part_key,
        alone.voter_key,
        alone.value,
        alone.volume,
        alone.row_count,
        alone.attributed_rows,
        alone.grade
    from alone
    inner join (select distinct slice_part_key, cut_key from {{ ref('int_slice_parts') }}) as slice_cuts
        on slice_cuts.slice_part_key = alone.slice_part_key
    inner join {{ ref('int_unit_parts') }} as unit_parts
        on unit_parts.unit_key = alone.unit_key and unit_parts.cut_key = slice_cuts.cut_key
    union all
    select
        joint.period_key,
        joint.kpi_key,
        joint.unit_part_key,
        joint.slice_part_key,
        joint.voter_key,
        joint.value,
        joint.volume,
        joint.row_count,
        joint.attributed_rows,
        joint.grade
    from {{ ref('int_joint_values') }} as joint
    where {{ changed('joint.period_key') }}
),

measured as (
    select
        {% for key in cell %}spread.{{ key }}, {% endfor %}
        cast(count(*) as integer) as contributors,
        cast(sum(case when groups.joined_on < periods.first_day then 1 else 0 end) as integer) as established,
        cast(sum(case when first_periods.voter_key is not null then 1 else 0 end) as integer) as new_joiners,
        {{ exact_quantiles('spread.value') }} as quantiles,
        cast(max(spread.volume) as double) / cast(sum(spread.volume) as double) as top1_share,  -- volumes are exact and above 0
        sum(case when spread.value = 0 then 1 else 0 end) as zeros,
        {% for grade in ['a', 'b', 'c'] -%}
            cast(sum(case when spread.grade = '{{ grade | upper }}' then 1 else 0 end) as double) / count(*) as grade_{{ grade }}_share,
        {% endfor -%}
        cast(sum(spread.attributed_rows) as double) / cast(sum(spread.row_count) as double) as attributed_share
    from spread
    inner join groups on groups.group_key = spread.voter_key
    inner join {{ ref('int_periods') }} as periods on periods.period_key = spread.period_key
    left join {{ ref('int_first_periods') }} as first_periods
        on
            first_periods.voter_key = spread.voter_key
            and first_periods.kpi_key = spread.kpi_key
            and first_periods.period_key = spread.period_key
            and first_periods.period_kind = periods.period_kind
    group by {% for key in cell %}spread.{{ key }}{{ ', ' if not loop.last }}{% endfor %}

),

tied as (
    select
        {{ cell | join(', ') }},
        max(times) as most_common_times
    from (
        select
            {% for key in cell %}spread.{{ key }}, {% endfor %}
            count(*) as times
        from spread
        inner join shared
            on
                shared.period_key = spread.period_key
                and shared.kpi_key = spread.kpi_key
                and shared.same_value = round(spread.value, 9)
        group by {% for key in cell %}spread.{{ key }}, {% endfor %}shared.same_value
    ) as counted
    group by {{ cell | join(', ') }}
)

select
    {% for key in cell %}measured.{{ key }}, {% endfor %}
    measured.contributors,
    measured.established,
    measured.new_joiners,
    {% for name in ['p10', 'p25', 'p50', 'p75', 'p90'] -%}
        {{ list_item('measured.quantiles', loop.index0) }} as {{ name }},
    {% endfor -%}
    measured.top1_share,
    cast(coalesce(tied.most_common_times, 1) as double) / measured.contributors as tie_share,
    cast(measured.zeros as double) / measured.contributors as zero_share,
    measured.attributed_share,
    measured.grade_a_share,
    measured.grade_b_share,
    measured.grade_c_share
from measured
left join
    tied
    on {% for key in cell %}tied.{{ key }} = measured.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
