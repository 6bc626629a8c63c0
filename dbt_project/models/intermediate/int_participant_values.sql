{{ made_by_part('period', 'int_fingerprints__counted') }}
-- A participant's own values in each cell where it is several units and its holding group's values are not its own: it did
-- not always count, changed its group, or shares it. Those of one unit have the unit's value. For its own report only.
{{ values_of_several_units('units.participant_key', 'not units.is_alone and not units.is_whole_participant') }}
