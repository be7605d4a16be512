"""A sample of the requirements' ids (30 of 86, seed 11) with what each one asks for taken out of
the code: the test that names the id has to fail.  tests/faults/requirement_mutants.py runs
them; mutate.py check sees that each still fits its source.

PLAN_ROWS are what administrators take from a plan: in these places one plan was wrong fifteen
times and no test failed; three of them are MEM-3, MEM-8 and HST-4 of ROWS.  The first word is
what the failing check of a script says."""

RULES = "schema/rules/virtual-server-2005-r2.json"


def without_rule(name, severity="disqualify"):
    return (RULES, '"id": "%s",\n\t\t\t"severity": "%s"' % (name, severity),
            '"id": "%s",\n\t\t\t"severity": "note"' % name)


# id, what it is without, test, file, text, text of the mutant
ROWS = [
    ("CARD-3", "a plan's rows have no hosts", "catalogue.py",
     "analyze/report/plan_rows.c", "\tempty_row(cells, row);", '\tempty_row(cells, "vm");'),
    ("CARD-4", "an alert never disqualifies", "alert_days.py", "common/excursion.c",
     "\t\tif (!state->is_alert_disqualified) {", "\t\tif (0) {"),
    ("CARD-7", "an excursion is never sustained", "catalogue.py", "common/excursion.c",
     "excursion_length_s(&state->current) >= (int64_t)limit->sustain_s", "0"),
    ("COL-1", "no samples are enough", "catalogue.py", "analyze/assess/sufficiency.c",
     "s.grade = s.coverage = s.span = s.calendar = GRADE_INSUFFICIENT;",
     "s.grade = s.coverage = s.span = s.calendar = GRADE_FULL;"),
    ("COL-4", "seasonal needs no longer period", "test_sufficiency",
     "analyze/assess/sufficiency.c",
     "return units_exceeds(days, 28) ? GRADE_FULL", "return units_exceeds(days, 7) ? GRADE_FULL"),
    ("COL-7", "what was held is what was reached", "catalogue.py", "analyze/peaks/peak.c",
     "peaks->held[d] = best[d].held;", "peaks->held[d] = peaks->peak;"),
    ("COL-8", "the larger direction is the smaller", "devices.py", "probes/derive.c",
     "totals.larger += in_value >= out_value ? in_value",
     "totals.larger += in_value < out_value ? in_value"),
    ("COL-11", "no gap is noted", "t01_weeks.py", "collectord/recorder/recorder_store.c",
     "\treturn store_gap_add(recording->store, &gap, err);", "\treturn 0;"),
    ("CPU-13", "another weight is no change", "plan.py", "analyze/report/moves_document.c",
     "ret_value[SETTING_WEIGHT] = s.relative_weight;", "ret_value[SETTING_WEIGHT] = 100;"),
    ("HST-1", "one host takes all", "catalogue.py", "analyze/plan/plan_units.c",
     "capacity = type->memory_mb - type->used_memory_mb;",
     "capacity = 9 * type->memory_mb - type->used_memory_mb;"),
    ("HST-2", "memory has no factor", "catalogue.py", "analyze/plan/plan_units.c",
     "\t\t\tfactors->memory_factor;", "\t\t\t1;"),
    ("HST-3", "another answer each time", "catalogue.py", "analyze/plan/plan.c",
     "use->needed = use->sum_of_peaks;\n",
     "use->needed = use->sum_of_peaks + (double)((size_t)making / 16 % 997) / 1e6;\n"),
    ("HST-4", "what is disqualified is placed", "catalogue.py", "analyze/plan/candidates.c",
     "return (include & needed[assessment->verdict]) != 0;",
     "return (include | needed[assessment->verdict]) != 0;"),
    ("HST-7", "what coincides is the sum", "catalogue.py", "analyze/plan/plan.c",
     "use->needed = plan_needed(request->factors, type, dimension, highest);",
     "use->needed = use->sum_of_peaks;"),
    ("HWL-3", "FDDI is a note", "catalogue.py", *without_rule("HWL-3")),
    ("HWL-4", "a tape robot is a note", "catalogue.py", *without_rule("HWL-4")),
    ("HWL-7", "a fax board is a note", "test_library", *without_rule("HWL-7")),
    ("MEM-3", "the allocation has the overhead in it", "test_plan_rules",
     "analyze/report/plan_settings.c", "PLAN_MEMORY, workload->need.of[RESOURCE_MEMORY])",
     "PLAN_MEMORY, plan_footprint(workload))"),
    ("MEM-5", "an accepted spike is sized whole", "assess.py", "analyze/assess/requirement.c",
     "return fmin(limit - overhead, sustained);", "return fmax(limit - overhead, sustained);"),
    ("MEM-8", "odd gigabytes are bought", "test_plan_rules", "analyze/report/plan_settings.c",
     "return 2 * units_round_up(needed_mb / 1024 / 2);",
     "return units_round_up(needed_mb / 1024);"),
    ("MEM-9", "nobody says that the host counts nothing", "deciding.py",
     "analyze/verbs/verb_plan.c", "if (!hosts->type[i].is_host_memory_stated)", "if (0)"),
    ("OPL-3", "a domain controller is a note", "test_library", *without_rule(
        "OPL-3", "review")),
    ("STO-3", "no save state", "catalogue.py", "analyze/assess/assess_requirement.c",
     "settings->counts_save_state > 0", "settings->counts_save_state > 1"),
    ("STO-9", "stripes alone are as good", "test_plan_notes", "analyze/plan/plan_notes.c",
     '(strcmp(type->raid, "0") == 0 || strcmp', '(strcmp'),
    ("STO-10", "no disks of its own", "test_plan_notes", "analyze/plan/plan_notes.c",
     "\tif (mb_s > share * type->disk_mb_s)", "\tif (mb_s > 2 * type->disk_mb_s)"),
    ("STO-12", "nobody says defragment", "test_plan_notes", "analyze/plan/plan_notes.c",
     'note(n, "STO-12", false,', 'if (0) note(n, "STO-12", false,'),
    ("STO-13", "a host's disk never fills", "catalogue.py", "analyze/plan/plan_units.c",
     "capacity = type->disk_gb - type->used_storage_gb;", "capacity = 9 * type->disk_gb;"),
    ("UNIT-2", "1 GHz is 1024 MHz", "catalogue.py", "analyze/document/quantity.c",
     "return scaled(value, 1000, cpu, 3, text);", "return scaled(value, 1024, cpu, 3, text);"),
    ("UNIT-3", "1 Mb/s is 1024 kb/s", "catalogue.py", "analyze/document/quantity.c",
     "return scaled(value, 1000, net, 5, text);", "return scaled(value, 1024, net, 5, text);"),
    ("UNIT-4", "a captured GB is 2^30 bytes", "test_waves", "analyze/migrate/wave_request.c",
     "return bytes / (gb_per_min * 1e9);", "return bytes / (gb_per_min * 1073741824);"),
]

SETTINGS, CANDIDATES = "analyze/report/plan_settings.c", "analyze/plan/candidates.c"
WHOLE_PLAN = ("documents: plan:", "whole_documents.py")
PLAN_ROWS = [
    ("CPU-13", "a weight of 37", "test_plan_rules", SETTINGS,
     "workload->weight ? workload->weight : 100", "workload->weight ? workload->weight : 37"),
    ("CPU-11", "a maximum of 55 %", "test_plan_rules", SETTINGS,
     ".maximum_percent = 100,", ".maximum_percent = 55,"),
    ("STO-6", "storage times 7", "test_plan_rules", SETTINGS,
     "plan_from_resource(PLAN_STORAGE, workload->storage_bytes) *",
     "7 * plan_from_resource(PLAN_STORAGE, workload->storage_bytes) *"),
    ("CPU-10", "3 % more are reserved", "test_plan_rules", SETTINGS,
     "? plan_demand_of(factors,", "? 3 + plan_demand_of(factors,"),
    ("NET-2", "no adapter of its own", "test_plan_rules", SETTINGS,
     ".adapters = plan_adapters(factors, request->hosts, workload),", ".adapters = 0,"),
    (WHOLE_PLAN[0], "a column of the CSV has the figure of another", WHOLE_PLAN[1],
     "analyze/report/plan_document.c", "cell_number(s.storage_gb, UNIT_GB)",
     "cell_number(s.alloc_mb, UNIT_GB)"),
    ("CPU-6", "more than a core is kept back", "test_plan_rules", "analyze/plan/plan_units.c",
     "if (factors->keeps_one_core && reserve > 1 &&", "if (0 && reserve > 1 &&"),
    ("documents: plan_coarse:", "adapters of their own are lost", WHOLE_PLAN[1], CANDIDATES,
     ".dedicated_adapters = need->dedicated_adapters };", ".dedicated_adapters = 0 };"),
    (WHOLE_PLAN[0], "the shortfall is lost", WHOLE_PLAN[1], CANDIDATES,
     ".shortfall_bytes = need->shortfall_bytes,", ".shortfall_bytes = 0,"),
    (WHOLE_PLAN[0], "storage is lost", WHOLE_PLAN[1], CANDIDATES,
     '"storage", text) * BYTES_PER_GB;', '"storage", text) * 0;'),
    ("MEM-1-SWAP", "swap is never counted", "deciding.py", "analyze/assess/assess.c",
     "estate->source ? NAN : find_swap(estate->store, workload, &set);", "NAN;"),
    ("disks over 1 %", "a disk is never full", "alert_days.py",
     "collectord/recorder/recorder_alert.c",
     "(double)disk.f_bavail < (1 - full) * (double)disk.f_blocks;", "false;"),
]
