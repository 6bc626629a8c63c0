{{ made_by_part('participant', 'int_fingerprints', part='participant_key') }}
-- Rows that look unusual beside their sender's own history or the public range of the KPI (METHOD 3.4). No other participant's
-- figure is looked at, so that a question can never tell anything of one.
{% set series = ['participant_key', 'kpi_key', 'stage_key', 'project_key', 'vendor_key', 'span_kind'] %}
{% set least_history, fences = var('question_least_history'), var('question_fences') %}
{% set hb, least_change = var('hidiroglou_berthelot'), var('question_least_change') %}
with measured as (
    select
        observations.submission_seq,
        observations.submission_row,
        units.participant_key,
        observations.kpi_key,
        observations.stage_key,
        observations.project_key,
        observations.vendor_key,
        spans.period_start,
        spans.period_end,
        case when spans.span_days <= 31 then 1 when spans.span_days <= 100 then 2 else 3 end as span_kind,  -- month, quarter, year: numbers group faster than words
        kpis.scale = 'log' as is_log,
        kpis.typical_low,
        kpis.typical_high,
        {{ company_value('observations.numerator', 'observations.denominator', 'kpis.multiplier', 'kpis.aggregation') }} as value
    from {{ ref('int_observations') }} as observations
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = observations.kpi_key
    inner join {{ ref('int_spans') }} as spans on spans.span_key = observations.span_key
    inner join {{ ref('int_units') }} as units on units.unit_key = observations.unit_key
    where observations.excluded_because is null and {{ changed('units.participant_key') }}
),

transformed as (  -- x: the value where the KPI's scale is linear, its log10 where it is log, clamped as in the estimator
    select
        measured.*,
        case when is_log then log10(greatest(value, typical_low)) else value end as x,
        case when is_log then log10(typical_low) else typical_low end as typical_low_x,
        case when is_log then log10(typical_high) else typical_high end as typical_high_x,
        lag(value) over by_time as previous_value,
        lag(period_end) over by_time as previous_end,
        lag(submission_seq) over by_time as previous_seq,
        lag(submission_row) over by_time as previous_row
    from measured
    window by_time as (
        partition by {{ series | join(', ') }} order by period_start, period_end, submission_seq, submission_row
    )
),

histories as (
    select
        {{ series | join(', ') }},
        {{ exact_quantiles('x') }} as quantiles
    from transformed
    group by {{ series | join(', ') }}
    having count(*) >= {{ least_history }}
),

fenced as (  -- resistant fences on the own history; a short history has none, then the public range stands in
    select
        transformed.*,
        histories.quantiles is not null as has_history,
        case when histories.quantiles is null then typical_low_x else {{ list_item('histories.quantiles', 1) }} - greatest(
            {{ fences }} * ({{ list_item('histories.quantiles', 3) }} - {{ list_item('histories.quantiles', 1) }}),
            {{ least_change }} * (typical_high_x - typical_low_x)
        ) end as low_x,
        case when histories.quantiles is null then typical_high_x else {{ list_item('histories.quantiles', 3) }} + greatest(
            {{ fences }} * ({{ list_item('histories.quantiles', 3) }} - {{ list_item('histories.quantiles', 1) }}),
            {{ least_change }} * (typical_high_x - typical_low_x)
        ) end as high_x
    from transformed
    left join histories on {% for key in series %}histories.{{ key }} = transformed.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
),

outside as (
    select
        fenced.*,
        case when has_history then 'outside_own_history' else 'outside_typical_range' end as kind,
        case when is_log then power(10, low_x) else low_x end as expected_low,
        case when is_log then power(10, high_x) else high_x end as expected_high
    from fenced
    where x not between low_x and high_x
),

changes as (  -- of one period to the next of equal kind; Hidiroglou and Berthelot compare positive values only
    select
        transformed.*,
        value / previous_value as ratio
    from transformed
    where
        previous_end = cast({{ dbt.dateadd('day', -1, 'period_start') }} as date)
        and value > 0
        and previous_value > 0
),

own_ratios as (  -- the population of ratios is the participant's own: all its series of the KPI, all its periods
    select
        participant_key,
        kpi_key,
        span_kind,
        {{ exact_quantiles('ratio') }} as ratios
    from changes
    group by participant_key, kpi_key, span_kind
    having count(*) >= {{ least_history }}
),

effects as (  -- s: the ratio made symmetric around the median ratio; effect: s weighted by the size of the value
    select
        changes.*,
        own_ratios.ratios,
        (
            case when ratio < {{ list_item('own_ratios.ratios', 2) }}
                then 1 - {{ list_item('own_ratios.ratios', 2) }} / ratio
                else ratio / {{ list_item('own_ratios.ratios', 2) }} - 1
            end
        ) * power(greatest(value, previous_value), {{ hb['u'] }}) as effect
    from changes
    inner join own_ratios
        on
            own_ratios.participant_key = changes.participant_key
            and own_ratios.kpi_key = changes.kpi_key
            and own_ratios.span_kind = changes.span_kind
),

own_effects as (
    select
        participant_key,
        kpi_key,
        span_kind,
        {{ exact_quantiles('effect') }} as effects
    from effects
    group by participant_key, kpi_key, span_kind
),

limits as (
    select
        own_effects.*,
        {{ list_item('effects', 2) }} as median_effect,
        greatest({{ list_item('effects', 2) }} - {{ list_item('effects', 1) }}, abs({{ hb['a'] }} * {{ list_item('effects', 2) }})) as below,
        greatest({{ list_item('effects', 3) }} - {{ list_item('effects', 2) }}, abs({{ hb['a'] }} * {{ list_item('effects', 2) }})) as above
    from own_effects
),

changed as (
    select
        effects.*,
        effects.previous_value * {{ list_item('effects.ratios', 1) }} as expected_low,
        effects.previous_value * {{ list_item('effects.ratios', 3) }} as expected_high
    from effects
    inner join limits
        on
            limits.participant_key = effects.participant_key
            and limits.kpi_key = effects.kpi_key
            and limits.span_kind = effects.span_kind
    where
        effects.effect not between limits.median_effect - {{ hb['c'] }} * limits.below and limits.median_effect + {{ hb['c'] }} * limits.above
        and abs(effects.x - case when effects.is_log then log10(greatest(effects.previous_value, effects.typical_low)) else effects.previous_value end)
        > {{ least_change }} * (effects.typical_high_x - effects.typical_low_x)
)

select
    participant_key,
    submission_seq,
    submission_row,
    kind,
    submission_seq as asked_seq,
    value,
    cast(null as double) as previous_value,
    expected_low,
    expected_high
from outside
union all
select  -- a change to or from a figure that is asked about already is no question of its own
    changed.participant_key,
    changed.submission_seq,
    changed.submission_row,
    'changed_against_previous' as kind,
    greatest(changed.submission_seq, changed.previous_seq) as asked_seq,
    changed.value,
    changed.previous_value,
    changed.expected_low,
    changed.expected_high
from changed
left join outside as itself on itself.submission_seq = changed.submission_seq and itself.submission_row = changed.submission_row
left join outside as previous on previous.submission_seq = changed.previous_seq and previous.submission_row = changed.previous_row
where itself.submission_seq is null and previous.submission_seq is null
