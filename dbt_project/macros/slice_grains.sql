{# Joins: what is asked of each row of `slices`, as slice_grains.uses_value_chain_stage: once with and once without the stage where cuts of its family want both. #}
{% macro slice_grains(slices) %}
    inner join (
        select distinct uses_value_chain_stage, uses_project_kind, uses_vendor, uses_vendor_class from {{ ref('cuts') }}
    ) as slice_grains
        on
            slice_grains.uses_project_kind = ({{ slices }}.project_kind_key > 0)
            and slice_grains.uses_vendor = ({{ slices }}.vendor_key > 0)
            and slice_grains.uses_vendor_class = ({{ slices }}.vendor_class_key > 0)
{% endmacro %}

{# The key of the slice part that a row of `slices` belongs to under a grain of slice_grains. #}
{% macro asked_slice_part(slices) -%}
    {{ slice_part_key(
        'case when slice_grains.uses_value_chain_stage then ' ~ slices ~ '.stage_key else 0 end',
        slices ~ '.project_kind_key', slices ~ '.vendor_class_key', slices ~ '.vendor_key'
    ) }}
{%- endmacro %}
