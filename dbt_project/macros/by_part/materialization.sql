{#
    A table made part by part. A part is made again only where its fingerprint, a digest of everything its rows are made
    from, or the code that makes them, is another than when it was made last; parts that are gone are removed. Rows and
    fingerprints change in one transaction, so a killed run leaves the table as it was, and the next one finds what is still to do.
    Rows lie in the order of their parts, so that a part that is made again leaves the others where they are on the disk.
    Fingerprints of what was made lie beside the table, in <table>__made, with whether the data tests have passed since; a comment
    on it says which tests, for others look at all parts anew. A comment marks the table as made by part, so that one that another
    materialization left is not taken for its own.
#}
{% materialization by_part, adapter='duckdb' %}
    {%- set part = config.get('part') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set made = api.Relation.create(database=this.database, schema=this.schema, identifier=this.identifier ~ '__made', type='table') -%}
    {%- set differing = this.identifier ~ '__differing' -%}
    {%- set wanted = wanted_parts() -%}
    {%- set checks = code_of(this.identifier, 'checked_by') -%}
    {%- set nothing = narrowed(sql, 'false', part) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if should_full_refresh() or not is_made_by_part(existing, made) or has_other_columns(existing, nothing) %}
        {% do drop_other_kind(target) %}
        {% call statement('create') %}create or replace table {{ target }} as {{ nothing }}{% endcall %}
        {% call statement('mark') %}comment on table {{ target }} is 'by_part'{% endcall %}
        {% call statement('create_made') %}create or replace table {{ made }} (part_key bigint, fingerprint varchar, is_checked boolean){% endcall %}
    {% endif %}

    {% if comment_on(made) != checks %}
        {% call statement('uncheck') %}update {{ made }} set is_checked = false{% endcall %}
        {% call statement('note_checks') %}comment on table {{ made }} is '{{ checks }}'{% endcall %}
    {% endif %}

    {% call statement('differing') %}
        create or replace temp table {{ differing }} as
        select
            part_key,
            made.fingerprint is not null as is_made,
            wanted.fingerprint is not null as is_wanted,
            ntile({{ 1 if config.get('at_once') else batches_needed() }}) over (order by part_key) as batch
        from {{ wanted }} as wanted
        full join {{ made }} as made using (part_key)
        where wanted.fingerprint is distinct from made.fingerprint
    {% endcall %}
    {%- set runs = run_query('select batch, bool_or(is_made), bool_or(is_wanted), list(part_key order by part_key) from ' ~ differing ~ ' group by batch order by batch') -%}

    {% for batch, is_made, is_wanted, parts in runs.rows %}
        {%- set parts = (parts | string).strip('[]').split(',') -%}
        {%- set condition -%}
            {%- if parts | length <= 16 -%}COLUMN in ({{ parts | join(',') }})
            {%- else -%}COLUMN between {{ parts[0] }} and {{ parts[-1] }} and COLUMN in (select part_key from {{ differing }} where batch = {{ batch }})
            {%- endif -%}
        {%- endset -%}
        {% if is_made %}
            {% call statement('forget') %}delete from {{ target }} where {{ condition | replace('COLUMN', part) }}{% endcall %}
        {% endif %}
        {% if is_wanted %}
            {% call statement('make') %}insert into {{ target }} by name from ({{ narrowed(sql, condition, part) ~ '\n' }}) order by {{ part }}{% endcall %}
        {% endif %}
    {% endfor %}

    {% call statement('main') %}
        delete from {{ made }} where part_key in (select part_key from {{ differing }});
        insert into {{ made }}
        select part_key, fingerprint, false as is_checked from {{ wanted }} as wanted where part_key in (select part_key from {{ differing }})
    {% endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# In how many statements parts are made: each sums about as many rows as the memory limit allows (EVENHAND_ROWS_AT_ONCE). #}
{% macro batches_needed() -%}
    {%- set rows = run_query("select coalesce(sum(rows_accepted), 0) from " ~ ref('stg_submissions') ~ " where feed = 'kpi_values'").rows[0][0] -%}
    {{ return(1 + rows | int // env_var('EVENHAND_ROWS_AT_ONCE', '5000000') | int) }}
{%- endmacro %}

{# Whether a relation is a table that this materialization made, and what it noted of it is there. #}
{% macro is_made_by_part(existing, made) -%}
    {%- if existing is none or existing.type != 'table' -%}{{ return(false) }}{%- endif -%}
    {%- set found = run_query(
        "select count(*) filter (where table_name = '" ~ existing.identifier ~ "' and comment = 'by_part'),"
        ~ " count(*) filter (where table_name = '" ~ made.identifier ~ "')"
        ~ " from duckdb_tables() where schema_name = '" ~ existing.schema ~ "' and database_name = current_database()"
    ).rows[0] -%}
    {{ return(found[0] == 1 and found[1] == 1) }}
{%- endmacro %}

{# Whether a table has other columns than `sql` would give: then its model changed, and all of it is made anew. #}
{% macro has_other_columns(relation, sql) -%}
    {%- set has = run_query('describe ' ~ relation) -%}
    {%- set gives = run_query('describe ' ~ sql) -%}
    {%- set shape -%}{% for row in has.rows %}{{ row[0] }} {{ row[1] }},{% endfor %}{%- endset -%}
    {%- set wanted -%}{% for row in gives.rows %}{{ row[0] }} {{ row[1] }},{% endfor %}{%- endset -%}
    {{ return(shape != wanted) }}
{%- endmacro %}

{# What a comment on a table says; nothing where it has none. #}
{% macro comment_on(relation) -%}
    {%- set found = run_query(
        "select comment from duckdb_tables() where schema_name = '" ~ relation.schema ~ "' and table_name = '" ~ relation.identifier
        ~ "' and database_name = current_database()"
    ).rows -%}
    {{ return(found[0][0] if found else none) }}
{%- endmacro %}
