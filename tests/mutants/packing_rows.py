"""Faults of the search for placements; as the UNIT rows of table.py."""

PACKING = [
    ('repair_shorts', 'a heavy row counts as any other', 'analyze/packing/repair_shorts.c',
     '#define WEIGHT 8 ',
     '#define WEIGHT 1 '),
    ('repair_shorts', 'a shift adds to the host that it leaves', 'analyze/packing/repair_shorts.c',
     'now -= __builtin_convertvector',
     'now += __builtin_convertvector'),
    ('repair_shorts', 'sizes of the first type on all', 'analyze/packing/repair_shorts.c',
     '(model->variant[r->host[host].type] * model->unit_count + unit)',
     '(0 * model->variant[r->host[host].type] + unit)'),
    ('repair_shorts', 'a unit is in its group on the host that it left', 'analyze/packing/repair_swift.c',
     'repair_count_groups(r, step->unit, step->to, 1);',
     'repair_count_groups(r, step->unit, from, 1);'),
    ('repair_shorts', 'what was annealed stays in short numbers', 'analyze/packing/repair_swift.c',
     '\t\tresult = repair_put(r, u, now);',
     '\t\tresult = repair_put(r, u, s->start[u]);'),
    ('few_rows', 'a row that is held comes in again', 'analyze/packing/few_rows.c',
     'if (is_held[row] || load[row]',
     'if (load[row]'),
]
