-- Every currency and span of days that money was sent in; few, however many rows there are.
select distinct
    rows_sent.currency,
    spans.span_key
from {{ ref('stg_kpi_values') }} as rows_sent
inner join {{ ref('int_spans') }} as spans
    on spans.period_start = rows_sent.period_start and spans.period_end = rows_sent.period_end
where rows_sent.currency is not null
