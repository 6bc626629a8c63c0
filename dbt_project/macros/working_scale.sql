{# A value on the scale its KPI is compared on: itself, or log10 of it on a log KPI, where values below typical_low count as typical_low. #}
{% macro working_scale(value, kpis) -%}
    case when {{ kpis }}.scale = 'log' then log10(greatest({{ value }}, {{ kpis }}.typical_low)) else {{ value }} end
{%- endmacro %}
