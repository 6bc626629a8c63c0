-- Every currency and span of days that money was sent in.
select
    sent.currency,
    spans.span_key,
    cast(row_number() over (order by min(sent.submission_seq), sent.currency, spans.span_key) as integer) as currency_span_key
from {{ ref('int_sent__spans') }} as sent
inner join {{ ref('int_spans') }} as spans on spans.period_start = sent.period_start and spans.period_end = sent.period_end
where sent.currency is not null
group by sent.currency, spans.span_key
