{#
    Per cell, how many voters stand at its most common value (compared at nine decimals), as `most_common_times`. Cells in
    which every voter stands alone have no row: only a value that two voters have in the cells of one `shared_by` can be common
    to two voters of one cell, so only those rows are counted.
    relation: one row per voter_key and cell; value: its column; cell: the key columns of a cell; shared_by: some of them.
#}
{% macro most_common_times(relation, value, cell, shared_by) %}
    select
        {{ cell | join(', ') }},
        max(times) as most_common_times
    from (
        select
            {% for key in cell %}votes.{{ key }}, {% endfor %}
            count(*) as times
        from {{ relation }} as votes
        inner join (
            select
                {{ shared_by | join(', ') }},
                round({{ value }}, 9) as same_value
            from {{ relation }}
            group by {{ shared_by | join(', ') }}, round({{ value }}, 9)
            having min(voter_key) <> max(voter_key)
        ) as shared
            on
                {% for key in shared_by %}shared.{{ key }} = votes.{{ key }} and {% endfor %}
                shared.same_value = round(votes.{{ value }}, 9)
        group by {% for key in cell %}votes.{{ key }}, {% endfor %}shared.same_value
    ) as counted
    group by {{ cell | join(', ') }}
{% endmacro %}
