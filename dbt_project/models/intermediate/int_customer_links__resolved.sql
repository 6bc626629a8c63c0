-- Who the customers are, found blindly: by the registry's hashes, for the operator's own models. Whatever cannot be
-- resolved, or may not be (the customer's registry row names no consent), is EXTERNAL, so that both look the same.
with registry as (
    select
        participant_id,
        legal_entity_id,
        valid_from,
        valid_to,
        row_number() over (partition by legal_entity_id, valid_from order by participant_id) as place
    from {{ ref('stg_participants') }}
    where legal_entity_id is not null and consent_version is not null
),

found as (
    select
        links.*,
        registry.participant_id as customer_participant_id,
        row_number() over (
            partition by links.participant_id, links.customer, links.period_start, links.period_end
            order by registry.valid_from desc, registry.participant_id
        ) as place
    from {{ ref('stg_customer_links') }} as links
    left join registry
        on
            registry.place = 1
            and registry.legal_entity_id = links.customer
            and links.customer not in ('CONSUMER', 'EXTERNAL')
            and registry.participant_id <> links.participant_id
            and links.period_end between registry.valid_from and registry.valid_to
)

select
    participant_id,
    submission_seq,
    case
        when customer = 'CONSUMER' then 'CONSUMER'
        when customer_participant_id is not null then 'PARTICIPANT'
        else 'EXTERNAL'
    end as customer_kind,
    customer_participant_id,
    period_start,
    period_end,
    revenue_share,
    consumer_goal_attainment,
    consumer_delight
from found
where place = 1
