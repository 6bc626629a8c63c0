{{ made_by_part('home', 'int_fingerprints', part='home_key', at_once=true) }}
-- Every newest row with integer keys, its amounts normalised (METHOD 3), and the reason where it does not count.
-- numerator and denominator are such that a value is multiplier * sum(numerator) / sum(denominator), whatever the KPI's
-- aggregation: a mean weighted by base carries value * base over base, a row without a denominator stands over 1.
with rows_with_keys as (
    select
        units.unit_key,
        units.group_key,
        kpis.kpi_key,
        spans.span_key,
        spans.home_key,
        stages.stage_key,
        coalesce(projects.project_key, 0) as project_key,
        coalesce(projects.project_kind_key, 0) as project_kind_key,
        coalesce(vendors.vendor_key, 0) as vendor_key,
        coalesce(vendors.spelling_key, 0) as spelling_key,
        coalesce(units.is_counted, false) as is_counted,
        submissions.grade,
        rows_sent.participant_id,
        rows_sent.submission_seq,
        rows_sent.submission_row,
        rows_sent.period_end,
        rows_sent.base,
        rows_sent.months_since_go_live,
        kpis.is_money,
        kpis.min_base,
        kpis.aggregation,
        kpis.multiplier,
        kpis.hard_low,
        kpis.hard_high,
        coalesce(conversions.conversion_key, 0) as conversion_key,
        coalesce(conversions.missing, 'no reference rate for its days') as missing_for_money,
        case
            when kpis.is_money then {{ to_eur('rows_sent.numerator', 'conversions.rate', 'conversions.deflator') }}
            else rows_sent.numerator
        end as amount,
        coalesce(rows_sent.denominator, 1) as per_amount
    from {{ ref('stg_kpi_values') }} as rows_sent
    inner join {{ ref('int_kpis') }} as kpis
        on kpis.kpi_code = rows_sent.kpi_code and rows_sent.period_end between kpis.valid_from and kpis.valid_to
    inner join {{ ref('int_spans__assigned') }} as spans
        on spans.period_start = rows_sent.period_start and spans.period_end = rows_sent.period_end and spans.period_kind = 'year'
    inner join {{ ref('value_chain_stages') }} as stages on stages.value_chain_stage = rows_sent.value_chain_stage
    left join {{ ref('stg_submissions') }} as submissions on submissions.submission_seq = rows_sent.submission_seq
    left join {{ ref('int_units') }} as units
        on units.participant_id = rows_sent.participant_id and rows_sent.period_end between units.valid_from and units.valid_to
    left join {{ ref('int_projects') }} as projects
        on projects.participant_id = rows_sent.participant_id and projects.project_ref = rows_sent.project_ref
    left join {{ ref('int_vendors') }} as vendors on vendors.spelling = rows_sent.vendor
    left join {{ ref('int_conversions') }} as conversions
        on
            conversions.currency = rows_sent.currency
            and conversions.span_key = spans.span_key
            and conversions.price_basis = kpis.price_basis
    where
        {{ changed('spans.home_key') }}
        and {{ near_changed('rows_sent.period_start', 'rows_sent.period_end', ref('int_spans__assigned')) }}
)

select
    unit_key,
    group_key,
    is_counted,
    kpi_key,
    span_key,
    home_key,
    stage_key,
    project_key,
    project_kind_key,
    vendor_key,
    spelling_key,
    conversion_key,
    months_since_go_live,
    submission_seq,
    submission_row,
    case  -- a quotient is a double, and one branch that is would make every amount inexact
        when aggregation = 'mean'
            then {{ cast_or_fail('cast(amount as double) / cast(nullif(per_amount, 0) as double) * cast(coalesce(base, 1) as double)', 'decimal(28, 6)') }}
        else {{ cast_or_fail('amount', 'decimal(28, 6)') }}
    end as numerator,
    {{ cast_or_fail("case when aggregation = 'mean' then coalesce(base, 1) else per_amount end", 'decimal(28, 6)') }} as denominator,
    case
        when unit_key is null then 'no registry row is valid on period_end'
        when period_end > (select data_until from {{ ref('stg_night') }}) then 'ends too recently, waits'
        when grade not in ('A', 'B', 'C') then 'grade of the submission'
        when per_amount = 0 or (aggregation = 'mean' and base = 0) then 'nothing to measure (0 / 0)'
        when base < min_base then 'base below the minimum of the KPI'
        when is_money and amount is null then missing_for_money
        when is_money and multiplier * cast(amount as double) / cast(per_amount as double) not between hard_low and hard_high
            then 'outside the hard range after conversion'
    end as excluded_because
from rows_with_keys
