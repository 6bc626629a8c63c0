{#
    Materialization by_part on Spark. Periods and homes are partitions of the table, and those that changed are overwritten
    (insert_overwrite; on delta and iceberg one merge). Other kinds of parts are too many to be partitions: the rows of
    those that did not change are copied beside the new ones.
    Nothing here is one transaction. <table>__made says of each part that is about to be written that it is not made, and is
    written whole after the rows: what a killed run leaves behind is made again by the next one.
#}
{% materialization by_part, adapter='spark' %}
    {%- set part, merges = config.get('part'), config.get('file_format', 'parquet') in ['delta', 'iceberg'] -%}
    {%- set existing = load_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set made = api.Relation.create(schema=this.schema, identifier=this.identifier ~ '__made', type='table') -%}
    {%- set wanted = wanted_parts() -%}
    {%- set partition = part if part in ('period_key', 'home_key') -%}

    {{ run_hooks(pre_hooks) }}

    {% set is_new = existing is none or existing.type != 'table' or should_full_refresh() or load_relation(made) is none
        or spark_format_of(existing) != config.get('file_format', 'parquet')
        or run_query('select count(*) from ' ~ made).rows[0][0] == 0 or spark_columns_differ(existing, narrowed(sql, 'false', part)) %}
    {% set parts = [] %}
    {% if is_new %}
        {% do spark_create_parts(existing, target, made, narrowed(sql, 'COLUMN is not null', part), partition) %}
    {% else %}
        {% set parts = spark_differing_parts(wanted, made) %}
        {% if parts %}
            {% set rows = narrowed(sql, 'COLUMN in (' ~ parts | join(', ') ~ ')', part) %}
            {% do run_query('insert into ' ~ made ~ ' select explode(array(' ~ parts | join(', ') ~ ')), cast(null as string)') %}
            {% if merges %}
                {% call statement('make') %}{{ spark_merge_parts(target, rows, part, parts) }}{% endcall %}
            {% elif partition %}
                {% do spark_overwrite_partitions(target, rows, part, parts) %}
            {% else %}
                {% do spark_copy_parts(target, made, rows, part, parts) %}
            {% endif %}
        {% endif %}
    {% endif %}

    {% call statement('main') %}
        {% if is_new or parts -%}
            insert overwrite table {{ made }} select part_key, fingerprint from {{ wanted }} as wanted
        {%- else -%}
            select 0 as parts_made
        {%- endif %}
    {% endcall %}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# How Spark keeps a table, of the formats of EVENHAND_SPARK_FILE_FORMAT: where that is another now, all of the table is made anew. #}
{% macro spark_format_of(relation) %}
    {{- return('delta' if relation.is_delta else 'iceberg' if relation.is_iceberg else 'parquet') -}}
{% endmacro %}

{# The keys of the parts whose fingerprint is another than when they were made, or that are gone, or whose making was begun only. #}
{% macro spark_differing_parts(wanted, made) %}
    {% set found = run_query(
        'select distinct coalesce(wanted.part_key, made.part_key) as part_key from ' ~ wanted ~ ' as wanted full outer join ' ~ made
        ~ ' as made on made.part_key = wanted.part_key where not (wanted.fingerprint <=> made.fingerprint) order by 1'
    ) %}
    {% set parts = [] %}
    {% for row in found.rows %}{% do parts.append(row[0] | int) %}{% endfor %}
    {{ return(parts) }}
{% endmacro %}

{# The whole table, partitioned where `partition` names a column, and an empty list of what was made. #}
{% macro spark_create_parts(existing, target, made, rows, partition) %}
    {% if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif %}
    {% do run_query('drop table if exists ' ~ target) %}
    {% do run_query('drop table if exists ' ~ made) %}
    {% do run_query('create table ' ~ made ~ ' (part_key bigint, fingerprint string) ' ~ file_format_clause()) %}
    {% do run_query(
        'create table if not exists ' ~ target.schema ~ '.parts__checked (made_table string, part_key bigint, fingerprint string) ' ~ file_format_clause()
    ) %}
    {% set clause = 'partitioned by (' ~ partition ~ ')' if partition else '' %}
    {% call statement('make') %}create table {{ target }} {{ file_format_clause() }} {{ clause }} as {{ rows }}{% endcall %}
{% endmacro %}

{# What was made of these parts goes, what is made of them now comes: one statement, which tables of delta and iceberg take as one change. #}
{% macro spark_merge_parts(target, rows, part, parts) %}
    merge into {{ target }} as kept
    using ({{ rows ~ '\n' }}) as made_rows
    on false
    when not matched then insert *
    when not matched by source and kept.{{ part }} in ({{ parts | join(', ') }}) then delete
{% endmacro %}

{# A partition that gets no row would not be overwritten, so each is dropped first. #}
{% macro spark_overwrite_partitions(target, rows, part, parts) %}
    {% for key in parts %}
        {% do run_query('alter table ' ~ target ~ ' drop if exists partition (' ~ part ~ ' = ' ~ key ~ ')') %}
    {% endfor %}
    {% call statement('make') %}
        insert overwrite table {{ target }} partition ({{ part }}) select {{ spark_columns(target) }} from ({{ rows ~ '\n' }}) as made_rows
    {% endcall %}
{% endmacro %}

{# Through a table beside it, for no table can be read while it is overwritten; until it is whole, nothing of it counts as made. #}
{% macro spark_copy_parts(target, made, rows, part, parts) %}
    {% set columns, beside = spark_columns(target), target ~ '__beside' %}
    {% do run_query('drop table if exists ' ~ beside) %}
    {% call statement('make_beside') %}
        create table {{ beside }} {{ file_format_clause() }} as
        select {{ columns }} from {{ target }} where {{ part }} not in ({{ parts | join(', ') }})
        union all
        select {{ columns }} from ({{ rows ~ '\n' }}) as made_rows
    {% endcall %}
    {% do run_query('truncate table ' ~ made) %}
    {% call statement('make') %}insert overwrite table {{ target }} select {{ columns }} from {{ beside }}{% endcall %}
    {% do run_query('drop table ' ~ beside) %}
{% endmacro %}

{% macro spark_columns(target) %}
    {{ return(adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ')) }}
{% endmacro %}

{# Whether a table has other columns than `sql` would give: then its model changed, and all of it is made anew. #}
{% macro spark_columns_differ(relation, sql) -%}
    {%- set has, gives = [], [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}{%- do has.append(column.name ~ ' ' ~ column.dtype) -%}{%- endfor -%}
    {%- for column in get_column_schema_from_query(sql) -%}{%- do gives.append(column.name ~ ' ' ~ column.dtype) -%}{%- endfor -%}
    {{ return(has | sort != gives | sort) }}
{%- endmacro %}
