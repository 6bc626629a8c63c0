{# A quality grade as a number that rows carry: A is 1, D is 4, so that the worst of some is their largest. #}
{% macro grade_key(grade) -%}
    cast(ascii({{ grade }}) - 64 as integer)
{%- endmacro %}

{% macro grade_of(grade_key) -%}
    case {{ grade_key }} when 1 then 'A' when 2 then 'B' when 3 then 'C' end
{%- endmacro %}
