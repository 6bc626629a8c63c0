{#
    Keys of the two parts of a peer group, made of what they stand for, so that they never move: 0 stands for "not asked for".
    A unit part is sector, industry (ISIC section), country (ISO 3166) and size band of one cut.
#}
{% macro unit_part_key(cut_key, sector_key, industry, country, size_band) -%}
    cast((((coalesce({{ sector_key }}, 0) * 27 + coalesce(ascii({{ industry }}) - 64, 0)) * 703
        + coalesce((ascii({{ country }}) - 64) * 26 + ascii(substr({{ country }}, 2, 1)) - 64, 0)) * 5
        + case {{ size_band }} when 'S' then 1 when 'M' then 2 when 'L' then 3 when 'XL' then 4 else 0 end) * 64 + {{ cut_key }} as integer)
{%- endmacro %}

{# A slice part is what is asked of stage, project kind, vendor class and vendor. #}
{% macro slice_part_key(stage_key, project_kind_key, vendor_class_key, vendor_key) -%}
    ((cast({{ vendor_key }} as bigint) * 1024 + {{ vendor_class_key }}) * 16 + {{ project_kind_key }}) * 32 + {{ stage_key }}
{%- endmacro %}
