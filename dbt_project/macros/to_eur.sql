{#
    An amount of money in EUR at the prices its KPI asks for (METHOD 3.2): amount / rate x deflator, to 6 decimal places; NULL
    where rate or deflator is. rate: units of the currency for one euro. An amount that nothing changes stays exact.
#}
{% macro to_eur(amount, rate, deflator) -%}
    case
        when {{ rate }} = 1 and {{ deflator }} = 1 then {{ amount }}
        else {{ cast_or_fail('cast(' ~ amount ~ ' as double) / cast(' ~ rate ~ ' as double) * cast(' ~ deflator ~ ' as double)', 'decimal(28, 6)') }}
    end
{%- endmacro %}
