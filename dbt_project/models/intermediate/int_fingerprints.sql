-- What the rows of a part are made from, as a digest: equal digests, equal rows. Kinds of parts: the home of a span (the
-- quarter it belongs to, or else the year) and the participant. Keys are digested with what they stand for.
with vendors as (
    select
        names.submission_seq,
        sum({{ digest(['vendors.spelling_key', 'vendors.vendor_key', 'vendors.vendor', 'vendors.vendor_class_key', 'vendors.vendor_class']) }}) as digest
    from {{ ref('int_sent__names') }} as names
    inner join {{ ref('int_vendors') }} as vendors on vendors.spelling = names.name
    where names.kind = 'vendor'
    group by names.submission_seq
),

groups as (
    {{ counted_groups() }}
),

registry as (
    select
        units.participant_id,
        sum({{ digest([
            'units.unit_key', 'units.participant_key', 'units.group_key', 'units.holding_group_id', 'units.industry', 'units.sector',
            'units.country', 'units.size_band', 'units.is_counted', 'units.is_whole_group', 'units.is_alone', 'units.valid_from',
            'units.valid_to', 'groups.joined_on',
        ]) }}) as digest
    from {{ ref('int_units') }} as units
    left join groups on groups.group_key = units.group_key
    group by units.participant_id
),

projects as (
    select
        projects.participant_id,
        sum({{ digest([
            'projects.project_key', 'projects.project_ref', 'projects.is_declared', 'projects.project_kind_key', 'engaged.vendor_key',
            'engaged.vendor_class_key', 'engaged.vendor', 'engaged.vendor_class',
        ]) }}) as digest
    from {{ ref('int_projects') }} as projects
    left join {{ ref('int_projects__vendors') }} as engaged on engaged.project_key = projects.project_key
    group by projects.participant_id
),

conversions as (
    select
        currency,
        span_key,
        sum({{ digest(['conversion_key', 'price_basis', 'rate_id', 'rate', 'rate_days', 'rate_source', 'deflator_id', 'deflator', 'missing']) }}) as digest
    from {{ ref('int_conversions') }}
    group by currency, span_key
),

sent as (
    select
        homes.home_key,
        homes.period_start,
        homes.period_end,
        coalesce(units.participant_key, 0) as participant_key,
        {{ digest([
            'sent.submission_seq', 'sent.participant_id', 'submissions.grade', 'homes.span_key', 'homes.period_start', 'homes.period_end',
            'homes.period_end > night.data_until', 'vendors.digest', 'registry.digest', 'projects.digest', 'sent.currency', 'conversions.digest',
            'night.intake_version',
        ]) }} as digest
    from {{ ref('int_sent__spans') }} as sent
    cross join {{ ref('stg_night') }} as night
    inner join {{ ref('int_spans__assigned') }} as homes
        on homes.period_start = sent.period_start and homes.period_end = sent.period_end and homes.period_kind = 'year'
    inner join {{ ref('stg_submissions') }} as submissions on submissions.submission_seq = sent.submission_seq
    left join (select distinct participant_id, participant_key from {{ ref('int_units') }}) as units on units.participant_id = sent.participant_id
    left join vendors on vendors.submission_seq = sent.submission_seq
    left join registry on registry.participant_id = sent.participant_id
    left join projects on projects.participant_id = sent.participant_id
    left join conversions on conversions.currency = sent.currency and conversions.span_key = homes.span_key
),

kpis as (
    select
        valid_from,
        valid_to,
        {{ digest([
            'kpi_key', 'kpi_code', 'kpi_version', 'valid_from', 'valid_to', 'unit', 'direction', 'multiplier', 'hard_low', 'hard_high', 'scale',
            'typical_low', 'typical_high', 'is_quarterly', 'aggregation', 'is_coverage_exempt', 'min_base', 'is_money', 'price_basis',
            'is_attributable',
        ]) }} as digest
    from {{ ref('int_kpis') }}
),

homes as (
    select
        home_key,
        min(period_start) as first_day,
        max(period_end) as last_day,
        {{ digest_of_rows(['digest']) }} as digest
    from sent
    group by home_key
)

select
    'home' as kind,
    cast(homes.home_key as bigint) as part_key,
    concat(max(homes.digest), '/', {{ digest_of_rows(['kpis.digest']) }}) as fingerprint
from homes
left join kpis on kpis.valid_from <= homes.last_day and kpis.valid_to >= homes.first_day
group by homes.home_key
union all
select
    'participant' as kind,
    cast(sent.participant_key as bigint) as part_key,
    concat({{ digest_of_rows(['sent.digest']) }}, '/', max(catalogue.digest)) as fingerprint
from sent
cross join (select {{ digest_of_rows(['digest']) }} as digest from kpis) as catalogue
group by sent.participant_key
