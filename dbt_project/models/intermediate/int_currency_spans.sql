-- Every currency and span of days that money was sent in.
select
    sent.currency,
    spans.span_key
from {{ ref('int_spans__sent') }} as sent
inner join {{ ref('int_spans') }} as spans on spans.period_start = sent.period_start and spans.period_end = sent.period_end
where sent.currency is not null
