{#
    Says that a model is made part by part, each part again only where its fingerprint changed (materialization by_part).
    kind: the kind of part in `fingerprints`, a model with the columns kind, part_key and fingerprint.
    part: the column that holds the key of a row's part. at_once: whether all parts are made in one statement; else so many that
    what is summed fits into memory, which the number of rows received tells.
#}
{% macro made_by_part(kind, fingerprints, part='period_key', at_once=false) %}
    {{ config(materialized='by_part', kind=kind, fingerprints=fingerprints, part=part, at_once=at_once) }}
    {%- if model.resource_type != 'unit_test' %}
    -- parts and their fingerprints stand in {{ ref(fingerprints) }}, the number of rows in {{ ref('stg_submissions') }}
    {%- endif %}
{% endmacro %}

{#
    Narrows a model to the parts that are made in this run: `column` holds the key of a row's part. Everywhere else (unit
    tests, compiled SQL) it narrows nothing.
#}
{% macro changed(column) -%}
    /*changed {{ column }}*/true
{%- endmacro %}

{#
    A hint that spares reading rows which are not placed in parts yet: their days lie within those that `spans` has for the
    parts. Never the condition itself.
#}
{% macro near_changed(first_day, last_day, spans) -%}
    /*near_changed {{ first_day }} {{ last_day }} {{ spans }}*/true
{%- endmacro %}
