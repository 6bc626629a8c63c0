{#
    Says that a model is made part by part, each part again only where its fingerprint changed (materialization by_part).
    kind: the kind of part in `fingerprints`, a model with the columns kind, part_key and fingerprint.
    part: the column that holds the key of a row's part. batches: SQL over part_key, parts made in one statement.
#}
{% macro made_by_part(kind, fingerprints, part='period_key', batches='part_key // 10') %}
    {{ config(materialized='by_part', kind=kind, fingerprints=fingerprints, part=part, batches=batches) }}
    {%- if model.resource_type != 'unit_test' %}
    -- parts and their fingerprints stand in {{ ref(fingerprints) }}
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
