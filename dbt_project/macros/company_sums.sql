{#
    One row per cell and voter: the sums behind its one value. A cell is (unit_part_key, slice_part_key, kpi_key, period_key).
    voter: SQL of who votes (the holding group, or the participant for its own report); condition: which units take part.
    Spans that are no whole months stay apart by span_key (0 = whole months).
#}
{% macro company_sums(voter, condition) %}
    select
        slices.period_key,
        slices.kpi_key,
        unit_parts.unit_part_key,
        slice_parts.slice_part_key,
        {{ voter }} as voter_key,
        slices.span_key,
        sum(slices.numerator) as numerator,
        sum(slices.denominator) as denominator,
        sum(slices.row_count) as row_count,
        sum(slices.attributed_rows) as attributed_rows,
        max(slices.grade) as grade,
        bit_or(slices.month_mask) as month_mask
    from {{ ref('int_slices__summed') }} as slices
    inner join {{ ref('int_units') }} as units on units.unit_key = slices.unit_key
    inner join {{ ref('int_slice_parts') }} as slice_parts
        on slice_parts.stage_key = slices.stage_key
            and slice_parts.project_kind_key = slices.project_kind_key
            and slice_parts.vendor_key = slices.vendor_key
            and slice_parts.vendor_class_key = slices.vendor_class_key
    inner join {{ ref('int_unit_parts') }} as unit_parts
        on unit_parts.unit_key = slices.unit_key and unit_parts.cut_key = slice_parts.cut_key
    where {{ condition }}
    group by
        slices.period_key,
        slices.kpi_key,
        unit_parts.unit_part_key,
        slice_parts.slice_part_key,
        {{ voter }},
        slices.span_key
{% endmacro %}

{#
    The value of each voter in each cell, where its rows last long enough (METHOD 3.3: at least 75 % as long as the period,
    in distinct days; event KPIs are exempt).
    sums: a relation made by company_sums.
#}
{% macro covered_values(sums) %}
    with sums as (
        select * from {{ sums }}
    ),

    {% set cell = ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key', 'voter_key'] %}
    merged as (
        select
            {{ cell | join(', ') }},
            sum(numerator) as numerator,
            sum(denominator) as denominator,
            sum(row_count) as row_count,
            sum(attributed_rows) as attributed_rows,
            max(grade) as grade,
            bit_or(month_mask) as month_mask,
            max(span_key) > 0 as has_broken_months
        from sums
        group by {{ cell | join(', ') }}
    ),

    masks as (
        select
            merged.period_key,
            merged.month_mask,
            periods.period_days,
            periods.first_month_no
        from merged
        inner join {{ ref('int_periods') }} as periods on periods.period_key = merged.period_key
        group by merged.period_key, merged.month_mask, periods.period_days, periods.first_month_no
    ),

    mask_months as (
        select
            masks.period_key,
            masks.month_mask,
            months.first_day,
            months.last_day
        from masks
        inner join {{ ref('int_calendar__months') }} as months
            on months.month_no between masks.first_month_no - 12 and masks.first_month_no + 35
        where cast(floor(masks.month_mask / power(2, months.month_no - masks.first_month_no + 12)) as bigint) % 2 = 1
    ),

    mask_days as (
        select
            masks.period_key,
            masks.month_mask,
            masks.period_days,
            coalesce(sum({{ dbt.datediff('mask_months.first_day', 'mask_months.last_day', 'day') }} + 1), 0) as measured_days
        from masks
        left join mask_months
            on mask_months.period_key = masks.period_key and mask_months.month_mask = masks.month_mask
        group by masks.period_key, masks.month_mask, masks.period_days
    ),

    broken as (  -- values with spans that are no whole months: their days are counted one by one
        select merged.*
        from merged
        where has_broken_months
    ),

    broken_intervals as (
        select
            {% for key in cell %}broken.{{ key }}, {% endfor %}
            spans.period_start as starts_on,
            spans.period_end as ends_on
        from broken
        inner join sums on {% for key in cell %}sums.{{ key }} = broken.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
        inner join {{ ref('int_spans') }} as spans on spans.span_key = sums.span_key
        union
        select
            {% for key in cell %}broken.{{ key }}, {% endfor %}
            mask_months.first_day as starts_on,
            mask_months.last_day as ends_on
        from broken
        inner join mask_months
            on mask_months.period_key = broken.period_key and mask_months.month_mask = broken.month_mask
    ),

    broken_steps as (
        select
            broken_intervals.*,
            max(ends_on) over (
                partition by {{ cell | join(', ') }} order by starts_on, ends_on rows between unbounded preceding and 1 preceding
            ) as covered_until
        from broken_intervals
    ),

    broken_days as (
        select
            {{ cell | join(', ') }},
            sum(case
                when covered_until is null or covered_until < starts_on then {{ dbt.datediff('starts_on', 'ends_on', 'day') }} + 1
                when covered_until >= ends_on then 0
                else {{ dbt.datediff('covered_until', 'ends_on', 'day') }}
            end) as measured_days
        from broken_steps
        group by {{ cell | join(', ') }}
    )

    select
        {% for key in cell %}merged.{{ key }}, {% endfor %}
        {{ company_value('merged.numerator', 'merged.denominator', 'kpis.multiplier', 'kpis.aggregation') }} as value,
        merged.denominator as volume,
        merged.row_count,
        merged.attributed_rows,
        merged.grade
    from merged
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = merged.kpi_key
    inner join mask_days on mask_days.period_key = merged.period_key and mask_days.month_mask = merged.month_mask
    left join broken_days
        on {% for key in cell %}broken_days.{{ key }} = merged.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    where kpis.is_coverage_exempt
        or coalesce(broken_days.measured_days, mask_days.measured_days) >= 0.75 * mask_days.period_days
{% endmacro %}

{# A company's one value in a cell, in the KPI's unit (METHOD 4). Exact decimals are summed first and divided last. #}
{% macro company_value(numerator, denominator, multiplier, aggregation) -%}
    case
        when {{ aggregation }} = 'sum' then {{ multiplier }} * cast({{ numerator }} as double)
        else {{ multiplier }} * cast({{ numerator }} as double) / cast({{ denominator }} as double)
    end
{%- endmacro %}
