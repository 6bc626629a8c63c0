{#
    Materialization by_part on Spark. Periods and homes are partitions of the table, and those that changed are overwritten at once
    (insert_overwrite; on delta and iceberg one merge, which is atomic). Other kinds of parts are too many to be partitions: new
    ones are appended, and where one changed or is gone the table is made anew.
    <table>__made is written after the rows. A run that is killed between the two makes the same parts again: partitions are
    overwritten, and parts that were to be appended stand there without a fingerprint, which counts as changed.
#}
{% materialization by_part, adapter='spark' %}
    {%- set part, file_format = config.get('part'), config.get('file_format', 'parquet') -%}
    {%- set existing = load_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set made = api.Relation.create(schema=this.schema, identifier=this.identifier ~ '__made', type='table') -%}
    {%- set wanted -%}
        (select part_key, fingerprint from {{ ref(config.get('fingerprints')) }} where kind = '{{ config.get('kind') }}')
    {%- endset -%}
    {%- set is_partitioned = part in ('period_key', 'home_key') -%}
    {%- set nothing = narrowed(sql, 'false', part) -%}

    {{ run_hooks(pre_hooks) }}

    {% set is_new = existing is none or existing.type != 'table' or should_full_refresh() or load_relation(made) is none
        or run_query('select count(*) from ' ~ made).rows[0][0] == 0 or spark_columns_differ(existing, nothing) %}
    {% if is_new %}
        {% do spark_create_parts(existing, target, made, nothing, part if is_partitioned) %}
    {% endif %}

    {% set runs = run_query(
        'select coalesce(wanted.part_key, made.part_key), made.part_key is not null, wanted.part_key is not null from ' ~ wanted
        ~ ' as wanted full outer join ' ~ made ~ ' as made on made.part_key = wanted.part_key'
        ~ ' where not (wanted.fingerprint <=> made.fingerprint) order by 1'
    ) %}
    {% set parts, is_any_made = [], [] %}
    {% for part_key, is_made, is_wanted in runs.rows %}
        {% do parts.append(part_key | int) %}
        {% if is_made %}{% do is_any_made.append(part_key) %}{% endif %}
    {% endfor %}

    {% if parts %}
        {% if not is_new and not is_partitioned and is_any_made and file_format not in ['delta', 'iceberg'] %}
            {% do spark_create_parts(existing, target, made, nothing, none) %}
            {% set condition = 'COLUMN is not null' %}
        {% elif is_new %}
            {% set condition = 'COLUMN is not null' %}
        {% else %}
            {% set condition = 'COLUMN in (' ~ parts | join(', ') ~ ')' %}
        {% endif %}
        {% do spark_make_parts(target, made, wanted, narrowed(sql, condition, part), part, parts, is_new, is_partitioned) %}
    {% endif %}

    {% call statement('main') %}
        insert overwrite table {{ made }} select part_key, fingerprint from {{ wanted }} as wanted
    {% endcall %}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# An empty table, partitioned where `partition` names a column, and an empty list of what was made. #}
{% macro spark_create_parts(existing, target, made, nothing, partition) %}
    {% if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif %}
    {% do run_query('drop table if exists ' ~ target) %}
    {% do run_query('drop table if exists ' ~ made) %}
    {% set clause = 'partitioned by (' ~ partition ~ ')' if partition else '' %}
    {% do run_query('create table ' ~ target ~ ' ' ~ file_format_clause() ~ ' ' ~ clause ~ ' as ' ~ nothing) %}
    {% do run_query('create table ' ~ made ~ ' (part_key bigint, fingerprint string) ' ~ file_format_clause()) %}
{% endmacro %}

{# Write the rows of `parts`, and remove those that were there. #}
{% macro spark_make_parts(target, made, wanted, rows, part, parts, is_new, is_partitioned) %}
    {% set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') %}
    {% set rows = 'select ' ~ columns ~ ' from (' ~ rows ~ ') as made_rows' %}
    {% if config.get('file_format', 'parquet') in ['delta', 'iceberg'] and not is_new %}
        {% call statement('make') %}
            merge into {{ target }} as kept
            using ({{ rows }}) as made_rows
            on false
            when not matched then insert *
            when not matched by source and kept.{{ part }} in ({{ parts | join(', ') }}) then delete
        {% endcall %}
    {% elif is_partitioned %}
        {% if not is_new %}  {# a partition that gets no row would not be overwritten #}
            {% for gone in parts %}
                {% do run_query('alter table ' ~ target ~ ' drop if exists partition (' ~ part ~ ' = ' ~ gone ~ ')') %}
            {% endfor %}
        {% endif %}
        {% call statement('make') %}insert overwrite table {{ target }} partition ({{ part }}) {{ rows }}{% endcall %}
    {% else %}
        {% do run_query('insert into ' ~ made ~ ' select part_key, cast(null as string) from ' ~ wanted ~ ' as wanted where part_key in (' ~ parts | join(', ') ~ ')') %}
        {% call statement('make') %}insert into {{ target }} {{ rows }}{% endcall %}
    {% endif %}
{% endmacro %}

{# Whether a table has other columns than `sql` would give: then its model changed, and all of it is made anew. #}
{% macro spark_columns_differ(relation, sql) -%}
    {%- set has, gives = [], [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}{%- do has.append(column.name ~ ' ' ~ column.dtype) -%}{%- endfor -%}
    {%- for column in get_column_schema_from_query(sql) -%}{%- do gives.append(column.name ~ ' ' ~ column.dtype) -%}{%- endfor -%}
    {{ return(has | sort != gives | sort) }}
{%- endmacro %}
