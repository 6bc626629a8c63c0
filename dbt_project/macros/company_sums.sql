{#
    One row per cell and voter: the sums behind its one value. A cell is (unit_part_key, slice_part_key, kpi_key, period_key).
    voter: SQL of who votes (the holding group, or the participant for its own report); condition: which units take part.
#}
{% macro company_sums(voter, condition) %}
    select
        sums.period_key,
        sums.kpi_key,
        unit_parts.unit_part_key,
        sums.slice_part_key,
        {{ voter }} as voter_key,
        sum(sums.numerator) as numerator,
        sum(sums.denominator) as denominator,
        cast(sum(sums.row_count) as integer) as row_count,
        cast(sum(sums.attributed_rows) as integer) as attributed_rows,
        max(sums.grade_key) as grade_key,
        bit_or(sums.month_mask) as month_mask,
        max(case when sums.has_broken_months then 1 else 0 end) = 1 as has_broken_months
    from {{ ref('int_unit_values') }} as sums
    {{ units_in_cells('sums') }}
    where {{ condition }} and {{ changed('sums.period_key') }}
    group by sums.period_key, sums.kpi_key, unit_parts.unit_part_key, sums.slice_part_key, {{ voter }}
{% endmacro %}

{# The spans behind company_sums that are no whole months. #}
{% macro company_spans(voter, condition) %}
    select distinct
        spans.period_key,
        spans.kpi_key,
        unit_parts.unit_part_key,
        spans.slice_part_key,
        {{ voter }} as voter_key,
        spans.span_key
    from {{ ref('int_unit_spans') }} as spans
    {{ units_in_cells('spans') }}
    where {{ condition }} and {{ changed('spans.period_key') }}
{% endmacro %}

{# Joins: the unit of each row of `rows`, and every cell its slice part belongs to. #}
{% macro units_in_cells(rows) %}
    inner join {{ ref('int_units') }} as units on units.unit_key = {{ rows }}.unit_key
    {{ unit_parts_of(rows) }}
{% endmacro %}

{# Joins: every unit part whose cuts ask for the slice part of each row of `rows`. #}
{% macro unit_parts_of(rows) %}
    inner join {{ ref('int_unit_parts') }} as unit_parts
        on unit_parts.unit_key = {{ rows }}.unit_key and unit_parts.slice_family = {{ slice_family(rows ~ '.slice_part_key') }}
{% endmacro %}

{# The value of each voter of several units in each of its cells: their rows are summed first. voter, condition: as in company_sums. #}
{% macro values_of_several_units(voter, condition) %}
    select
        period_key,
        kpi_key,
        unit_part_key,
        slice_part_key,
        voter_key,
        value,
        denominator as volume,
        row_count,
        attributed_rows,
        grade_key
    from (
        {{ with_values(
            company_sums(voter, condition),
            company_spans(voter, condition),
            ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key', 'voter_key']
        ) }}
    ) as voters
    where value is not null
{% endmacro %}

{#
    The sums of each voter in each cell and the value they give, NULL where its rows do not last long enough (METHOD 3.3: at
    least 75 % as long as the period, in distinct days; event KPIs are exempt).
    sums: SQL of one row per voter and cell; spans: SQL of the spans behind them that are no whole months; cell: their key.
#}
{% macro with_values(sums, spans, cell) %}
    with merged as (
        {{ sums }}
    ),

    masks as (
        select distinct
            merged.period_key,
            merged.month_mask,
            periods.period_days,
            periods.first_month_no
        from merged
        inner join {{ ref('int_periods') }} as periods on periods.period_key = merged.period_key
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
        select *
        from merged
        where has_broken_months
    ),

    broken_intervals as (
        select
            {% for key in cell %}broken.{{ key }}, {% endfor %}
            calendar.period_start as starts_on,
            calendar.period_end as ends_on
        from broken
        inner join ({{ spans }}) as spans on {% for key in cell %}spans.{{ key }} = broken.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
        inner join {{ ref('int_spans') }} as calendar on calendar.span_key = spans.span_key
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
    ),

    measured as (
        select
            merged.*,
            mask_days.period_days,
            coalesce(broken_days.measured_days, mask_days.measured_days) as measured_days
        from merged
        inner join mask_days on mask_days.period_key = merged.period_key and mask_days.month_mask = merged.month_mask
        left join broken_days on {% for key in cell %}broken_days.{{ key }} = merged.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}

    )

    select
        {% for key in cell %}measured.{{ key }}, {% endfor %}
        measured.numerator,
        measured.denominator,
        measured.row_count,
        measured.attributed_rows,
        measured.grade_key,
        measured.month_mask,
        measured.has_broken_months,
        case when kpis.is_coverage_exempt or measured.measured_days >= 0.75 * measured.period_days
            then {{ company_value('measured.numerator', 'measured.denominator', 'kpis.multiplier', 'kpis.aggregation') }}
        end as value
    from measured
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = measured.kpi_key
{% endmacro %}

{# A company's one value in a cell, in the KPI's unit (METHOD 4). Exact decimals are summed first and divided last. #}
{% macro company_value(numerator, denominator, multiplier, aggregation) -%}
    case
        when {{ aggregation }} = 'sum' then {{ multiplier }} * cast({{ numerator }} as double)
        else {{ multiplier }} * cast({{ numerator }} as double) / cast({{ denominator }} as double)
    end
{%- endmacro %}
