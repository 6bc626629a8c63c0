{#
    Of rows of one series that overlap in time the longest stays, then the longest of those that do not overlap it, and so on: one
    such row a round, at most `rounds`. Of two equally long the one received last. Two spellings of one vendor in one file
    do not compete.
    relation: rows with submission_seq, submission_row, period_key, spelling_key, period_start, period_end, span_days;
    series: the columns within which rows compete. Rows keep all their columns.
#}
{% macro longest_rows(relation, series, rounds) -%}
    {{ return(adapter.dispatch('longest_rows', 'evenhand')(relation, series, rounds)) }}
{%- endmacro %}

{% macro default__longest_rows(relation, series, rounds) %}
    {% set same_series %}{% for key in series %}other.{{ key }} = own.{{ key }} and {% endfor %}(other.submission_seq <> own.submission_seq or other.spelling_key = own.spelling_key) and {% endset %}
    {% set same_row %}own.submission_seq = other.submission_seq and own.submission_row = other.submission_row and own.period_key = other.period_key{% endset %}
    with
    {% for round in range(rounds) %}
    {% set undecided = relation if loop.first else 'undecided_' ~ round %}
    beaten_{{ round }} as (
        select distinct
            own.submission_seq,
            own.submission_row,
            own.period_key
        from {{ undecided }} as own
        inner join {{ undecided }} as other
            on
                {{ same_series }}other.period_start <= own.period_end and other.period_end >= own.period_start
                and (
                    other.span_days > own.span_days
                    or (other.span_days = own.span_days and other.submission_seq > own.submission_seq)
                    or (
                        other.span_days = own.span_days
                        and other.submission_seq = own.submission_seq
                        and other.submission_row > own.submission_row
                    )
                )
    ),

    kept_{{ round }} as (
        select own.*
        from {{ undecided }} as own
        left join beaten_{{ round }} as other on {{ same_row }}
        where other.submission_seq is null
    ){{ ',' if not loop.last }}

    {% if not loop.last %}
    decided_{{ round }} as (
        select distinct
            own.submission_seq,
            own.submission_row,
            own.period_key
        from {{ undecided }} as own
        inner join kept_{{ round }} as other
            on {{ same_series }}other.period_start <= own.period_end and other.period_end >= own.period_start
    ),

    undecided_{{ round + 1 }} as (
        select own.*
        from {{ undecided }} as own
        left join decided_{{ round }} as other on {{ same_row }}
        where other.submission_seq is null
    ),
    {% endif %}
    {% endfor %}

    {% for round in range(rounds) %}
    select * from kept_{{ round }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}

{#
    Spark plans every mention of a subquery anew, so that five rounds would be planned hundreds of times. One look at the rows
    of a series, best first, gives the same: a row stays where no better row that stays overlaps it. `round`: the round in which
    the form above decides the row; one that drops out does so with the first better row that stays.
#}
{% macro spark__longest_rows(relation, series, rounds) %}
    select own.*
    from {{ relation }} as own
    inner join (
        select
            period_key,
            explode(aggregate(
                sort_array(collect_list(struct(span_days, submission_seq, submission_row, spelling_key, period_start, period_end)), false),
                cast(array() as array<struct<
                    submission_seq: int, submission_row: int, spelling_key: int, period_start: date, period_end: date, stays: boolean, round: int
                >>),
                (better, own) -> concat(better, transform(
                    array(filter(better, other ->
                        (other.submission_seq <> own.submission_seq or other.spelling_key = own.spelling_key)
                        and other.period_start <= own.period_end and other.period_end >= own.period_start
                    )),
                    rivals -> named_struct(
                        'submission_seq', own.submission_seq,
                        'submission_row', own.submission_row,
                        'spelling_key', own.spelling_key,
                        'period_start', own.period_start,
                        'period_end', own.period_end,
                        'stays', not exists(rivals, other -> other.stays),
                        'round', coalesce(
                            array_min(transform(filter(rivals, other -> other.stays), other -> other.round)),
                            array_max(transform(rivals, other -> other.round)) + 1,
                            0
                        )
                    )
                ))
            )) as judged
        from {{ relation }}
        group by {{ series | join(', ') }}
    ) as decided
        on
            decided.judged.submission_seq = own.submission_seq
            and decided.judged.submission_row = own.submission_row
            and decided.period_key = own.period_key
    where decided.judged.stays and decided.judged.round < {{ rounds }}
{% endmacro %}
