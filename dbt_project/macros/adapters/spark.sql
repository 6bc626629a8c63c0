{# What dbt-spark does otherwise than this project needs. Each macro takes the place of the adapter's own of that name. #}

{# Whole days or months after a day. The adapter's own goes through seconds since 1970 and fails where the day is NULL. #}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {%- if datepart == 'day' -%}
        date_add({{ from_date_or_timestamp }}, {{ interval }})
    {%- elif datepart == 'month' -%}
        add_months({{ from_date_or_timestamp }}, {{ interval }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('dateadd counts days and months here, not ' ~ datepart) }}
    {%- endif -%}
{%- endmacro %}

{# Days between two days, NULL where one is; the adapter's own fails there. #}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart != 'day' -%}
        {{ exceptions.raise_compiler_error('datediff counts days here, not ' ~ datepart) }}
    {%- endif -%}
    datediff({{ second_date }}, {{ first_date }})
{%- endmacro %}

{# A text without a length is called string on Spark; contracts and unit tests say varchar. #}
{% macro spark__cast(field, type) -%}
    cast({{ field }} as {{ 'string' if type == 'varchar' else type }})
{%- endmacro %}

{# Rows of a seed as literals: the adapter's own writes a missing value as the text None and breaks at an apostrophe. #}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% set types = model['config'].get('column_types', {}) %}
    {% set statements = [] %}
    {% for chunk in agate_table.rows | batch(get_batch_size()) %}
        {% set sql %}
            insert into {{ this.render() }} values
            {% for row in chunk -%}
                (
                {%- for column in agate_table.column_names -%}
                    {%- set type = types.get(column, adapter.convert_type(agate_table, loop.index0)) -%}
                    cast({{ 'null' if row[column] is none else dbt.string_literal(dbt.escape_single_quotes(row[column] | string)) }} as {{ type }})
                    {{- ', ' if not loop.last }}
                {%- endfor -%}
                ){{ ',' if not loop.last }}
            {% endfor %}
        {% endset %}
        {% do adapter.add_query(sql, abridge_sql_log=True) %}
        {% do statements.append(sql) %}
    {% endfor %}
    {{ return(statements[0] if statements else '') }}
{% endmacro %}

{# Spark's plain tables cannot refuse a missing value, so what a contract says of them is looked up after they are built. #}
{% macro spark__persist_constraints(relation, model) %}
    {% set required = [] %}
    {% for column in model.columns.values() if column.constraints | selectattr('type', 'equalto', 'not_null') | list %}
        {% do required.append(column.name) %}
    {% endfor %}
    {% if config.get('contract').enforced and required %}
        {% set missing %}
            select {% for name in required %}count(*) - count({{ name }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %} from {{ relation }}
        {% endset %}
        {% set counts = run_query(missing).rows[0] %}
        {% for name in required if counts[name] > 0 %}
            {{ exceptions.raise_compiler_error(relation ~ ' has ' ~ counts[name] ~ ' rows without ' ~ name ~ ', which its contract requires') }}
        {% endfor %}
    {% endif %}
{% endmacro %}
