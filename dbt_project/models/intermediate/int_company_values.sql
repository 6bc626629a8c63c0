-- One company, one vote: exactly one value per holding group and cell. Keys only; the mart decodes them.
{{ covered_values(ref('int_company_sums')) }}
