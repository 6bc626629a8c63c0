{#
    What checks.sql does, on Spark, whose plain tables cannot be updated: parts__checked holds the fingerprints with which parts
    passed, and the digest of the tests, and is overwritten at the end of a build. A build of some models forgets what it knew of the others.
#}
{% macro spark__unchecked_parts(relation) -%}
    select made.part_key from {{ relation }}__made as made
    left anti join {{ relation.schema }}.parts__checked as checked
        on checked.made_table = '{{ relation.identifier }}' and checked.part_key = made.part_key and checked.fingerprint = concat(made.fingerprint, '/', '{{ code_of(relation.identifier, 'checked_by') }}')
{%- endmacro %}

{% macro spark__mark_as_checked(tables) -%}
    insert overwrite table {{ tables[0].split('.')[0] }}.parts__checked
    {% for table in tables %}
    {% set name = table.split('.')[1] %}
    select '{{ name }}' as made_table, part_key, concat(fingerprint, '/', '{{ code_of(name, 'checked_by') }}') as fingerprint from {{ table }}__made
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}
