-- One row per cell: exact quantiles and shares over its company values. Keys only; the mart decodes them.
{% set cell = ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key'] %}
with groups as (
    select
        group_key,
        min(joined_on) as joined_on
    from {{ ref('int_units') }}
    where is_counted
    group by group_key
),

votes as (
    select
        company.*,
        groups.joined_on < periods.first_day as is_established
    from {{ ref('int_company_values') }} as company
    inner join groups on groups.group_key = company.voter_key
    inner join {{ ref('int_periods') }} as periods on periods.period_key = company.period_key
),

measured as (
    select
        {{ cell | join(', ') }},
        cast(count(*) as integer) as contributors,
        cast(sum(case when is_established then 1 else 0 end) as integer) as established,
        {{ exact_quantiles('value') }} as quantiles,
        cast(max(volume) as double) / cast(sum(volume) as double) as top1_share,  -- volumes are exact and above 0
        sum(case when value = 0 then 1.0 else 0.0 end) / count(*) as zero_share,
        cast(sum(attributed_rows) as double) / cast(sum(row_count) as double) as attributed_share
    from votes
    group by {{ cell | join(', ') }}
),

tied as (
    {{ most_common_times(ref('int_company_values'), 'value', cell, ['period_key', 'kpi_key']) }}
)

select
    {% for key in cell %}measured.{{ key }}, {% endfor %}
    measured.contributors,
    measured.established,
    {% for name in ['p10', 'p25', 'p50', 'p75', 'p90'] -%}
        {{ list_item('measured.quantiles', loop.index0) }} as {{ name }},
    {% endfor -%}
    measured.top1_share,
    cast(coalesce(tied.most_common_times, 1) as double) / measured.contributors as tie_share,
    cast(measured.zero_share as double) as zero_share,
    measured.attributed_share
from measured
left join
    tied
    on {% for key in cell %}tied.{{ key }} = measured.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
