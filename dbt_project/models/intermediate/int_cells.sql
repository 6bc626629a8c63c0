-- One row per cell: exact quantiles and shares over its company values. Keys only; the mart decodes them.
{% set cell = ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key'] %}
with groups as (
    {{ counted_groups() }}
),

first_periods as (  -- the first year, and the first quarter, in which a group has a value of a KPI among all companies
    select
        company.voter_key,
        company.kpi_key,
        periods.period_kind,
        min(company.period_key) as period_key
    from {{ ref('int_company_values') }} as company
    inner join {{ ref('int_peer_groups') }} as peers
        on peers.unit_part_key = company.unit_part_key and peers.slice_part_key = company.slice_part_key and peers.cut = 'all'
    inner join {{ ref('int_periods') }} as periods on periods.period_key = company.period_key
    group by company.voter_key, company.kpi_key, periods.period_kind
),

votes as (
    select
        company.*,
        groups.joined_on < periods.first_day as is_established,
        coalesce(first_periods.period_key = company.period_key, false) as is_new
    from {{ ref('int_company_values') }} as company
    inner join groups on groups.group_key = company.voter_key
    inner join {{ ref('int_periods') }} as periods on periods.period_key = company.period_key
    left join first_periods
        on
            first_periods.voter_key = company.voter_key
            and first_periods.kpi_key = company.kpi_key
            and first_periods.period_kind = periods.period_kind
),

measured as (
    select
        {{ cell | join(', ') }},
        cast(count(*) as integer) as contributors,
        cast(sum(case when is_established then 1 else 0 end) as integer) as established,
        cast(sum(case when is_new then 1 else 0 end) as integer) as new_joiners,
        {{ exact_quantiles('value') }} as quantiles,
        cast(max(volume) as double) / cast(sum(volume) as double) as top1_share,  -- volumes are exact and above 0
        sum(case when value = 0 then 1.0 else 0.0 end) / count(*) as zero_share,
        {% for grade in ['a', 'b', 'c'] -%}
            cast(sum(case when grade = '{{ grade | upper }}' then 1 else 0 end) as double) / count(*) as grade_{{ grade }}_share,
        {% endfor -%}
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
    measured.new_joiners,
    {% for name in ['p10', 'p25', 'p50', 'p75', 'p90'] -%}
        {{ list_item('measured.quantiles', loop.index0) }} as {{ name }},
    {% endfor -%}
    measured.top1_share,
    cast(coalesce(tied.most_common_times, 1) as double) / measured.contributors as tie_share,
    cast(measured.zero_share as double) as zero_share,
    measured.attributed_share,
    measured.grade_a_share,
    measured.grade_b_share,
    measured.grade_c_share
from measured
left join
    tied
    on {% for key in cell %}tied.{{ key }} = measured.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
