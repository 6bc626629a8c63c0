-- For every unit and cut: the part of the peer group that the company's own attributes decide. Attributes a cut does not
-- use are NULL; a unit that lacks one the cut uses is in no peer group of it.
with masked as (
    select
        units.unit_key,
        cuts.cut_key,
        {{ slice_family_of_cut('cuts') }} as slice_family,
        case when cuts.uses_industry then units.industry end as industry,
        case when cuts.uses_sector then units.sector end as sector,
        case when cuts.uses_sector then units.sector_key end as sector_key,
        case when cuts.uses_country then units.country end as country,
        case when cuts.uses_size_band then units.size_band end as size_band
    from {{ ref('int_units') }} as units
    cross join {{ ref('cuts') }} as cuts
    where
        (units.industry is not null or not cuts.uses_industry)
        and (units.sector is not null or not cuts.uses_sector)
        and (units.country is not null or not cuts.uses_country)
        and (units.size_band is not null or not cuts.uses_size_band)
)

select
    unit_key,
    cut_key,
    slice_family,
    industry,
    sector,
    country,
    size_band,
    {{ unit_part_key('cut_key', 'sector_key', 'industry', 'country', 'size_band') }} as unit_part_key
from masked
