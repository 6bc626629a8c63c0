{{ made_by_part('cell', 'int_fingerprints__compared') }}
-- One row per cell: exact quantiles and shares over its company values. Keys only; the mart decodes them.
-- What is the same for a value in all its cells is found before it is spread over them.
{% set cell = ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key'] %}
{% set counts = ['is_established', 'is_new', 'is_zero', 'has_grade_a', 'has_grade_b'] %}
with groups as (
    {{ counted_groups() }}
),

votes as (
    {{ votes() }}
),

shared as (  -- values that two groups of one period and KPI have: only these can be common to two groups of one cell
    select
        period_key,
        kpi_key,
        round(value, 9) as same_value
    from votes
    group by period_key, kpi_key, round(value, 9)
    having min(voter_key) <> max(voter_key)
),

described as (
    select
        votes.period_key,
        votes.kpi_key,
        votes.unit_part_key,
        votes.slice_part_key,
        votes.unit_key,
        votes.value,
        votes.volume,
        votes.row_count,
        votes.attributed_rows,
        shared.same_value,
        case when groups.joined_on < periods.first_day then 1 else 0 end as is_established,
        case when first_periods.period_key = votes.period_key then 1 else 0 end as is_new,
        case when votes.value = 0 then 1 else 0 end as is_zero,
        case when votes.grade_key = 1 then 1 else 0 end as has_grade_a,
        case when votes.grade_key = 2 then 1 else 0 end as has_grade_b
    from votes
    inner join groups on groups.group_key = votes.voter_key
    inner join {{ ref('int_periods') }} as periods on periods.period_key = votes.period_key
    left join {{ ref('int_first_periods') }} as first_periods
        on
            first_periods.voter_key = votes.voter_key
            and first_periods.kpi_key = votes.kpi_key
            and first_periods.period_kind = periods.period_kind
    left join shared
        on shared.period_key = votes.period_key and shared.kpi_key = votes.kpi_key and shared.same_value = round(votes.value, 9)
),

{% set measures = ['value', 'volume', 'row_count', 'attributed_rows', 'same_value'] + counts %}
spread as {{ inlined() }} (
    {{ in_each_cell('described', measures) }}
),

measured as (
    select
        {{ cell | join(', ') }},
        cast(count(*) as integer) as contributors,
        {{ exact_quantiles('value') }} as quantiles,
        cast(max(volume) as double) / cast(sum(volume) as double) as top1_share,  -- volumes are exact and above 0
        cast(sum(attributed_rows) as double) / cast(sum(row_count) as double) as attributed_share,
        {% for count in counts %}cast(sum({{ count }}) as integer) as {{ count }}{{ ', ' if not loop.last }}{% endfor %}

    from spread
    group by {{ cell | join(', ') }}
),

tied as (
    select
        {{ cell | join(', ') }},
        max(times) as most_common_times
    from (
        select
            {{ cell | join(', ') }},
            count(*) as times
        from spread
        where same_value is not null
        group by {{ cell | join(', ') }}, same_value
    ) as counted
    group by {{ cell | join(', ') }}
)

select
    {% for key in cell %}measured.{{ key }}, {% endfor %}
    measured.contributors,
    measured.is_established as established,
    measured.is_new as new_joiners,
    {% for name in ['p10', 'p25', 'p50', 'p75', 'p90'] -%}
        {{ list_item('measured.quantiles', loop.index0) }} as {{ name }},
    {% endfor -%}
    measured.top1_share,
    cast(coalesce(tied.most_common_times, 1) as double) / measured.contributors as tie_share,
    cast(measured.is_zero as double) / measured.contributors as zero_share,
    measured.attributed_share,
    cast(measured.has_grade_a as double) / measured.contributors as grade_a_share,
    cast(measured.has_grade_b as double) / measured.contributors as grade_b_share,
    cast(measured.contributors - measured.has_grade_a - measured.has_grade_b as double) / measured.contributors as grade_c_share
from measured
left join
    tied
    on {% for key in cell %}tied.{{ key }} = measured.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
