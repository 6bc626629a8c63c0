-- Every vendor engaged in a project, once, whatever roles it has.
select distinct
    projects.project_key,
    vendors.vendor_key,
    vendors.vendor_class_key,
    vendors.vendor,
    vendors.vendor_class
from {{ ref('stg_engagements') }} as engagements
inner join {{ ref('int_projects') }} as projects
    on projects.participant_id = engagements.participant_id and projects.project_ref = engagements.project_ref
inner join {{ ref('int_vendors') }} as vendors on vendors.spelling = engagements.vendor
