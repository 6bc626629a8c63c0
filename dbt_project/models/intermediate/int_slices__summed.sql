{{ made_by_part('period', 'int_fingerprints__counted') }}
-- Rows that count, summed to slices: stage, and project kind, vendor or vendor class where a cut asks for them (a "family" of
-- cuts). Rows of spans that are no whole months stay apart by span_key (0 = whole months), so that days can be counted later.
-- A row without a vendor counts for every vendor engaged in its project, marked as attributed, and only for KPIs that a
-- vendor can influence; two vendors of one class in one project: the row counts once in the class.
-- coarseness: 0 for rows without the finer dimensions a family does not ask for (METHOD 2); the coarsest alone count.
{% set slice = ['period_key', 'kpi_key', 'unit_key', 'group_key', 'stage_key', 'project_kind_key', 'vendor_key', 'vendor_class_key'] %}
{% set across_units = slice | reject('equalto', 'unit_key') | list %}
with families as (
    select distinct
        uses_project_kind,
        uses_vendor,
        uses_vendor_class
    from {{ ref('cuts') }}
),

counted as {{ inlined() }} (
    select
        placed.*,
        case when placed.is_masked then 0 else placed.span_key end as broken_span_key
    from {{ ref('int_observations__placed') }} as placed
    left join {{ ref('int_overlaps') }} as beaten
        on
            beaten.period_key = placed.period_key
            and beaten.submission_seq = placed.submission_seq
            and beaten.submission_row = placed.submission_row
    where {{ changed('placed.period_key') }} and beaten.submission_seq is null
),

engaged_classes as (
    select distinct project_key, vendor_class_key from {{ ref('int_projects__vendors') }}
),

vendor_classes as (
    select distinct vendor_key, vendor_class_key from {{ ref('int_vendors') }}
),

attributable as {{ inlined() }} (
    select counted.*
    from counted
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = counted.kpi_key and kpis.is_attributable
    where counted.vendor_key = 0 and counted.project_key > 0
),

sliced as (
    {{ rows_in_families('counted', 'not families.uses_vendor and not families.uses_vendor_class', '0', '0', 'case when counted.vendor_key > 0 then 1 else 0 end', '0') }}
    union all
    {{ rows_in_families(
        'counted inner join vendor_classes on vendor_classes.vendor_key = counted.vendor_key',
        '(families.uses_vendor or families.uses_vendor_class)',
        'case when families.uses_vendor then counted.vendor_key else 0 end',
        'case when families.uses_vendor_class then vendor_classes.vendor_class_key else 0 end', '0', '0'
    ) }}
    union all
    {{ rows_in_families(
        'attributable as counted inner join ' ~ ref('int_projects__vendors') ~ ' as engaged on engaged.project_key = counted.project_key',
        'families.uses_vendor', 'engaged.vendor_key',
        'case when families.uses_vendor_class then engaged.vendor_class_key else 0 end', '1', '1'
    ) }}
    union all
    {{ rows_in_families(
        'attributable as counted inner join engaged_classes on engaged_classes.project_key = counted.project_key',
        'families.uses_vendor_class and not families.uses_vendor', '0', 'engaged_classes.vendor_class_key', '1', '1'
    ) }}
),

summed as (
    select
        {{ slice | join(', ') }}, span_key, coarseness,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        cast(count(*) as integer) as row_count,
        cast(sum(attributed_rows) as integer) as attributed_rows,
        max(grade_key) as grade_key,
        bit_or(month_mask) as month_mask
    from sliced
    group by {{ slice | join(', ') }}, span_key, coarseness
),

mixed as (
    select
        {{ across_units | join(', ') }},
        min(coarseness) as coarsest
    from summed
    group by {{ across_units | join(', ') }}
    having min(coarseness) <> max(coarseness)
)

select summed.*
from summed
left join mixed on {% for key in across_units %}mixed.{{ key }} = summed.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}

where mixed.coarsest is null or summed.coarseness = mixed.coarsest
