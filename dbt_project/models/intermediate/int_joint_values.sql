{{ made_by_part('period', 'int_fingerprints__counted') }}
-- The value of every holding group of several units in each cell: their rows are summed first. Groups of one unit take the
-- unit's value (int_company_values).
{{ values_of_several_units('units.group_key', 'units.is_counted and not units.is_whole_group') }}
