-- Series summed to slices: stage, and project kind, vendor or vendor class where a cut asks for them (a "family" of cuts).
-- A series without a vendor counts for every vendor engaged in its project, marked as attributed, and only for KPIs that a
-- vendor can influence. coarseness: 0 for rows without the finer dimensions a family does not ask for (METHOD 2).
with families as (
    select distinct
        uses_project_kind,
        uses_vendor,
        uses_vendor_class
    from {{ ref('cuts') }}
),

own as (
    select
        series.*,
        coalesce(vendors.vendor_class_key, 0) as vendor_class_key,
        series.project_key <> 0 as has_project,
        series.vendor_key <> 0 as has_vendor
    from {{ ref('int_series') }} as series
    left join (select distinct vendor_key, vendor_class_key from {{ ref('int_vendors') }}) as vendors
        on vendors.vendor_key = series.vendor_key
),

attributed as (
    select
        own.*,
        engaged.vendor_key as engaged_vendor_key,
        engaged.vendor_class_key as engaged_class_key
    from own
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = own.kpi_key and kpis.is_attributable
    inner join {{ ref('int_projects__vendors') }} as engaged on engaged.project_key = own.project_key
    where not own.has_vendor
),

{% set measures = ['period_key', 'kpi_key', 'unit_key', 'group_key', 'stage_key', 'project_key', 'span_key', 'numerator',
    'denominator', 'row_count', 'grade', 'month_mask', 'project_kind_key', 'has_project', 'has_vendor'] %}
placed as (
    select
        {{ measures | join(', ') }},
        0 as vendor_key,
        0 as vendor_class_key,
        false as is_attributed,
        'none' as vendor_side
    from own
    union all
    select
        {{ measures | join(', ') }},
        vendor_key,
        vendor_class_key,
        false as is_attributed,
        'both' as vendor_side
    from own
    where has_vendor
    union all
    select
        {{ measures | join(', ') }},
        engaged_vendor_key as vendor_key,
        engaged_class_key as vendor_class_key,
        true as is_attributed,
        'vendor' as vendor_side
    from attributed
    union all
    select distinct  -- two vendors of one class in one project: the series counts once in the class
        {{ measures | join(', ') }},
        0 as vendor_key,
        engaged_class_key as vendor_class_key,
        true as is_attributed,
        'class' as vendor_side
    from attributed
),

sliced as (
    select
        placed.period_key,
        placed.kpi_key,
        placed.unit_key,
        placed.group_key,
        placed.stage_key,
        case when families.uses_project_kind then placed.project_kind_key else 0 end as project_kind_key,
        case when families.uses_vendor then placed.vendor_key else 0 end as vendor_key,
        case when families.uses_vendor_class then placed.vendor_class_key else 0 end as vendor_class_key,
        placed.span_key,
        case when placed.has_project and not families.uses_project_kind then 2 else 0 end
        + case
            when families.uses_vendor or families.uses_vendor_class then cast(placed.is_attributed as integer) else cast(placed.has_vendor as integer)
        end
            as coarseness,
        placed.numerator,
        placed.denominator,
        placed.row_count,
        case when placed.is_attributed then placed.row_count else 0 end as attributed_rows,
        placed.grade,
        placed.month_mask
    from placed
    inner join families
        on
            placed.vendor_side = 'none' and not families.uses_vendor and not families.uses_vendor_class
            or placed.vendor_side = 'both' and (families.uses_vendor or families.uses_vendor_class)
            or placed.vendor_side = 'vendor' and families.uses_vendor
            or placed.vendor_side = 'class' and families.uses_vendor_class and not families.uses_vendor
    where not families.uses_project_kind or placed.project_kind_key > 0
),

summed as (
    select
        period_key, kpi_key, unit_key, group_key, stage_key, project_kind_key, vendor_key, vendor_class_key, span_key, coarseness,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(row_count) as row_count,
        sum(attributed_rows) as attributed_rows,
        max(grade) as grade,
        bit_or(month_mask) as month_mask
    from sliced
    group by period_key, kpi_key, unit_key, group_key, stage_key, project_kind_key, vendor_key, vendor_class_key, span_key, coarseness
),

mixed as (
    select
        period_key, kpi_key, group_key, stage_key, project_kind_key, vendor_key, vendor_class_key,
        min(coarseness) as coarsest
    from summed
    group by period_key, kpi_key, group_key, stage_key, project_kind_key, vendor_key, vendor_class_key
    having min(coarseness) <> max(coarseness)
)

select summed.*
from summed
left join mixed
    on
        mixed.period_key = summed.period_key
        and mixed.kpi_key = summed.kpi_key
        and mixed.group_key = summed.group_key
        and mixed.stage_key = summed.stage_key
        and mixed.project_kind_key = summed.project_kind_key
        and mixed.vendor_key = summed.vendor_key
        and mixed.vendor_class_key = summed.vendor_class_key
where mixed.coarsest is null or summed.coarseness = mixed.coarsest
