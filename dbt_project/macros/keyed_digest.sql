{# A stable id of a text: 24 hexadecimal digits of its SHA-256, keyed, so that nobody without the key can guess the text. #}
{% macro keyed_digest(key, text) -%}
    {{ return(adapter.dispatch('keyed_digest', 'evenhand')(key, text)) }}
{%- endmacro %}

{% macro default__keyed_digest(key, text) -%}
    substr(sha2(concat({{ key }}, sha2(concat({{ key }}, {{ text }}), 256)), 256), 1, 24)
{%- endmacro %}

{% macro duckdb__keyed_digest(key, text) -%}
    substr(sha256(concat({{ key }}, sha256(concat({{ key }}, {{ text }})))), 1, 24)
{%- endmacro %}
