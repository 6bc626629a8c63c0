-- The yardstick: exact quantiles of every declared cut, straight from the lake, the way somebody would write it who knows this data.
-- It relies on what the generator promises and the dbt project may not: every row is a whole quarter, no registry row has
-- a validity span, no KPI is money or has a second version, no aggregation but ratio_of_sums, no row withdraws another,
-- and a key is sent twice only by those who sent two files. by_hand.py fills in :lake and :seeds and adds one query a cut.

create temp table kpi as
select
    (row_number() over (order by code))::utinyint as kpi, code, version, multiplier::double as multiplier, coverage_exempt,
    coalesce(min_base, 0) as min_base, frequency in ('quarter', 'month') as quarterly, controllability in ('vendor', 'shared') as attributable
from read_csv(':seeds/kpi_catalogue.csv', nullstr = '', types = {'min_base': 'integer'})
where not computed;

create temp table unit as
select
    (row_number() over ())::usmallint as unit, (dense_rank() over (order by holding_group_id))::usmallint as grp,
    participant_id, industry_code as industry, sector, country, size_band
from read_parquet(':lake/participants/*.parquet')
left join read_csv(':seeds/sectors.csv') as s on s.industry = industry_code
where role = 'buyer' and verified;

create temp table alone as select grp from unit group by grp having count(*) = 1;

create temp table vendor as
select (row_number() over ())::usmallint as vendor, name, coalesce(vendor_class, 'other vendors') as class
from (
    select vendor as name from read_parquet(':lake/kpi_values/*.parquet') union select vendor from read_parquet(':lake/engagements/*.parquet')
)
left join read_csv(':seeds/vendor_classes.csv', all_varchar = true) as c on c.vendor = name
where name is not null;

create temp table project as  -- a reference is hashed with its sender's key, so it is a key by itself
select (row_number() over ())::uinteger as project, project_ref, project_kind from read_parquet(':lake/projects/*.parquet');

create temp table engaged as
select distinct project, v.vendor, class
from read_parquet(':lake/engagements/*.parquet') as e
join project using (project_ref)
join vendor as v on v.name = e.vendor;

create temp table resent as
select participant_id from read_parquet(':lake/submissions/*.parquet')
where feed = 'kpi_values' group by participant_id having count(*) > 1;

create temp table sent as
select * from read_parquet(':lake/kpi_values/*.parquet') anti join resent using (participant_id)
union all
select * from read_parquet(':lake/kpi_values/*.parquet') semi join resent using (participant_id)
qualify row_number() over (
    partition by participant_id, kpi_code, period_start, period_end, value_chain_stage, project_ref, vendor order by submission_seq desc
) = 1;

create temp table obs as
select
    year(period_start)::usmallint as year, quarter(period_start)::utinyint as quarter, kpi, unit, grp,
    value_chain_stage::stage as stage, coalesce(project, 0)::uinteger as project, project_kind, coalesce(v.vendor, 0)::usmallint as vendor, class,
    numerator::decimal(18, 6) as num, coalesce(denominator, 1)::decimal(18, 6) as den
from sent
join kpi on code = kpi_code
join unit using (participant_id)
left join project using (project_ref)
left join vendor as v on v.name = sent.vendor
where period_end <= (select data_until from read_parquet(':lake/night/night.parquet'))
    and (base >= min_base or base is null)
    and denominator is distinct from 0;

-- One table a family of cuts: rows summed per unit, stage and what the family asks for, coarsest rows only.
create temp table by_stage as :family(obs, 2 * (project > 0)::utinyint + (vendor > 0)::utinyint, );
create temp table by_kind as :family(obs where project_kind is not null, (vendor > 0)::utinyint, project_kind);
create temp table vendor_rows as
select year, quarter, kpi, unit, grp, stage, vendor, class, num, den, (2 * (project > 0)::utinyint)::utinyint as coarse from obs where vendor > 0
union all
select year, quarter, kpi, unit, grp, stage, e.vendor, e.class, num, den, 3::utinyint
from obs join engaged as e using (project) join kpi using (kpi) where obs.vendor = 0 and attributable;
create temp table by_vendor as :family(vendor_rows, coarse, vendor);
create temp table class_rows as
select year, quarter, kpi, unit, grp, stage, class, num, den, coarse from vendor_rows where coarse < 3
union all
select year, quarter, kpi, unit, grp, stage, e.class, num, den, 3::utinyint
from obs join (select distinct project, class from engaged) as e using (project) join kpi using (kpi) where obs.vendor = 0 and attributable;
create temp table by_class as :family(class_rows, coarse, class);
