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

{#
    Which of stage, project kind, vendor class and vendor are asked for, 0 to 15: of a slice part by its key, of a cut by its
    flags. A value stands in every cut of the family of its slice part.
#}
{% macro slice_family(key) -%}
    case when {{ key }} % 32 > 0 then 1 else 0 end + case when {{ key }} % 512 >= 32 then 2 else 0 end
    + case when {{ key }} % 524288 >= 512 then 4 else 0 end + case when {{ key }} >= 524288 then 8 else 0 end
{%- endmacro %}

{% macro slice_family_of_cut(cuts) -%}
    case when {{ cuts }}.uses_value_chain_stage then 1 else 0 end + case when {{ cuts }}.uses_project_kind then 2 else 0 end
    + case when {{ cuts }}.uses_vendor_class then 4 else 0 end + case when {{ cuts }}.uses_vendor then 8 else 0 end
{%- endmacro %}
