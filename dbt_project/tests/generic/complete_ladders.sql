{#
    Every cut of `cuts` but `all` has one ladder: steps 1, 2, ... without a gap, each parent another and coarser cut, the
    last one `all`. Coarser: its dimensions are dimensions of the cut, as they are or merged (`merged_into`: dimension to
    merged dimension); so a ladder can never go round.
#}
{% test complete_ladders(model, cuts, dimensions, merged_into) %}
    with ladders as (
        select
            asked.cut,
            count(ladder.step) as steps,
            count(distinct ladder.parent_cut) as parents,
            min(ladder.step) as first_step,
            max(ladder.step) as last_step,
            count(distinct ladder.step) as distinct_steps,
            max(case when ladder.parent_cut = 'all' then ladder.step end) as ends_at
        from {{ cuts }} as asked
        left join {{ model }} as ladder on ladder.cut = asked.cut
        group by asked.cut
    )

    select cut from ladders
    where
        cut <> 'all'
        and not coalesce(first_step = 1 and last_step = steps and distinct_steps = steps and parents = steps and ends_at = last_step, false)
    union all
    select cut from ladders
    where cut = 'all' and steps > 0
    union all
    select ladder.cut
    from {{ model }} as ladder
    left join {{ cuts }} as asked on asked.cut = ladder.cut
    left join {{ cuts }} as parent on parent.cut = ladder.parent_cut
    where
        asked.cut is null
        or parent.cut is null
        or ladder.parent_cut = ladder.cut
        {% for dimension in dimensions -%}
        or (parent.uses_{{ dimension }} and not (asked.uses_{{ dimension }}
            {%- for finer, merged in merged_into.items() if merged == dimension %} or asked.uses_{{ finer }}{% endfor %}))
        {% endfor %}
{% endtest %}
