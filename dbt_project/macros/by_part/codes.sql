{#
    What a model is made by and what its data tests are, as digests that orchestration/model_codes.py finds in the manifest and hands
    over in EVENHAND_MODEL_CODES: made_by, checked_by, built_from. Without them nothing is known of the code, so a run by hand makes
    and checks everything, and so does the one after it.
#}
{% macro code_of(name, which) -%}
    {%- set codes = fromjson(env_var('EVENHAND_MODEL_CODES', '{}')).get(name, [invocation_id] * 3) -%}
    {{ return(codes[['made_by', 'checked_by', 'built_from'].index(which)]) }}
{%- endmacro %}

{# The digest of several tables together: as built_from, with rows of seeds that the models compare themselves. #}
{% macro code_of_all(names) -%}
    {%- set codes = [] -%}
    {%- for name in names | sort -%}{%- do codes.append(code_of(name, 'built_from')) -%}{%- endfor -%}
    {{ return(local_md5(codes | join('/'))) }}
{%- endmacro %}

{# The parts that a model is to have, each with what decides its rows: its fingerprint and the code that makes them. #}
{% macro wanted_parts() -%}
    (
        select part_key, concat(fingerprint, '/', '{{ code_of(this.identifier, 'made_by') }}') as fingerprint
        from {{ ref(config.get('fingerprints')) }} where kind = '{{ config.get('kind') }}'
    )
{%- endmacro %}
