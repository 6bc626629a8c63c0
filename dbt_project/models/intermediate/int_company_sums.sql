{{ company_sums('units.group_key', 'units.is_counted') }}
