{#
    The newest version of each row of a feed, among what was received by the night's as-of date (INTERFACE: a later
    file with the same key supersedes the row).
    relation: a source; keys: its key columns. Only of a participant that sent two files can a row have two versions, so only
    its rows are ranked. Figures, of which there are many, have a table of what was replaced (stg_kpi_values__replaced).
    newest_first: the order of versions, where one file may hold two spellings of one key. Rows keep all their columns and get
    `first_seq`, the submission that brought the key first.
#}
{% macro newest_version(relation, keys, newest_first='submission_seq desc') %}
    with received as (
        select * from {{ relation }}
        where received_on <= (select as_of from {{ ref('stg_night') }})
    ),

    sent_again as (
        select participant_id
        from received
        group by participant_id
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
        inner join sent_again on sent_again.participant_id = received.participant_id
    )

    select * from ranked
    where version_rank = 1
    union all
    select
        received.*,
        1 as version_rank,
        received.submission_seq as first_seq
    from received
    left join sent_again on sent_again.participant_id = received.participant_id
    where sent_again.participant_id is null
{% endmacro %}
