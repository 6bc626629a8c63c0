{# The SQL of a model of materialization by_part for some of its parts. condition: what each marked column must fulfil, COLUMN standing for its name. #}
{% macro narrowed(sql, condition, part) -%}
    {%- set pieces = sql.split('/*changed ') -%}
    {%- set result = [pieces[0]] -%}
    {%- for piece in pieces[1:] -%}
        {%- set column = piece.split('*/true')[0] -%}
        {%- do result.append(condition | replace('COLUMN', column)) -%}
        {%- do result.append(piece[(column ~ '*/true') | length:]) -%}
    {%- endfor -%}
    {%- set pieces = (result | join('')).split('/*near_changed ') -%}
    {%- set result = [pieces[0]] -%}
    {%- for piece in pieces[1:] -%}
        {%- set named = piece.split('*/true')[0] -%}
        {%- do result.append(days_within(named.split(' '), condition | replace('COLUMN', part))) -%}
        {%- do result.append(piece[(named ~ '*/true') | length:]) -%}
    {%- endfor -%}
    {{ return(result | join('')) }}
{%- endmacro %}

{# The condition that a row's days lie within those of some parts, as constants, so that readers of files can skip. named: first day, last day, spans. #}
{% macro days_within(named, condition) -%}
    {%- set first_day, last_day, spans = named -%}
    {%- set found = run_query('select min(period_start), max(period_end) from ' ~ spans ~ ' where ' ~ condition).rows[0] -%}
    {%- if found[0] is none -%}{{ return('false') }}{%- endif -%}
    {{ return(first_day ~ " >= date '" ~ found[0] ~ "' and " ~ last_day ~ " <= date '" ~ found[1] ~ "'") }}
{%- endmacro %}
