{{ made_by_part('change', 'int_fingerprints__compared') }}
-- One row per matched panel: the exact median of its company-level changes, and how they are spread.
{% set cell = ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key'] %}
with groups as (
    {{ counted_groups() }}
),

changes as (
    select *
    from {{ ref('int_matched_changes') }}
    where {{ changed('period_key') }}
),

measured as (
    select
        {% for key in cell %}changes.{{ key }}, {% endfor %}
        cast(count(*) as integer) as contributors,
        cast(sum(case when groups.joined_on < periods.first_day then 1 else 0 end) as integer) as established,
        {{ exact_median('changes.change') }} as real_change,
        cast(sum(case when changes.change = 0 then 1 else 0 end) as double) / count(*) as zero_share
    from changes
    inner join groups on groups.group_key = changes.voter_key
    inner join {{ ref('int_periods') }} as periods on periods.period_key = changes.period_key
    group by {% for key in cell %}changes.{{ key }}{{ ', ' if not loop.last }}{% endfor %}

),

tied as (
    {{ most_common_times('changes', 'change', cell, ['period_key', 'kpi_key']) }}
)

select
    {% for key in cell %}measured.{{ key }}, {% endfor %}
    measured.contributors,
    measured.established,
    measured.real_change,
    cast(coalesce(tied.most_common_times, 1) as double) / measured.contributors as tie_share,
    measured.zero_share
from measured
left join
    tied
    on {% for key in cell %}tied.{{ key }} = measured.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
