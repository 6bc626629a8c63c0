{#
    The newest version of each row of a feed, among what was received by the night's as-of date (INTERFACE: a later
    file with the same key supersedes the row).
    relation: a source; keys: its key columns; narrowed_by: key columns of few distinct values. Only where one participant
    sent the same values of `narrowed_by` in two files can a row have two versions, so only those rows are ranked.
    newest_first: the order of versions, where one file may hold two spellings of one key. Rows keep all their columns and get
    `first_seq`, the submission that brought the key first.
#}
{% macro newest_version(relation, keys, narrowed_by=[], newest_first='submission_seq desc') %}
    {% set sent_together = ['participant_id'] + narrowed_by %}
    with received as (
        select * from {{ relation }}
        where received_on <= (select as_of from {{ ref('stg_night') }})
    ),

    sent_again as (
        select {{ sent_together | join(', ') }}
        from received
        group by {{ sent_together | join(', ') }}
        having {{ 'min(submission_seq) <> max(submission_seq)' if newest_first == 'submission_seq desc' else 'count(*) > 1' }}
    ),

    ranked as (
        select
            received.*,
            row_number() over (
                partition by received.participant_id{% for key in keys %}, received.{{ key }}{% endfor %}
                order by {{ newest_first }}
            ) as version_rank,
            min(received.submission_seq) over (
                partition by received.participant_id{% for key in keys %}, received.{{ key }}{% endfor %}
            ) as first_seq
        from received
        inner join sent_again on {% for key in sent_together %}sent_again.{{ key }} = received.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    )

    select * from ranked
    where version_rank = 1
    union all
    select
        received.*,
        1 as version_rank,
        received.submission_seq as first_seq
    from received
    left join sent_again on {% for key in sent_together %}sent_again.{{ key }} = received.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    where sent_again.participant_id is null
{% endmacro %}
