"""Every deliberate fault of the tests (T00), as text: what stands in the source, and what
stands there in the mutant.  The sources themselves know of none.

UNIT rows are put one at a time into a copy of one source, which is linked with its unit
test; the test has to fail.  RUNTIME rows go all together into a copy of the tree; its
programs have the fault that HEADROOM_MUTANT names in their environment (mutant.h), and
with HEADROOM_SLOW they take their time between the steps of a batch.

A text has to stand exactly once in its file: a row that fits no more is told.
"""

# unit test, what the fault is, file, text, text of the mutant
UNIT = [
    ('ring', 'a full ring overwrites', 'collectord/link/ring.c',
     '\tif (head - acknowledged >= header->shape.slot_count ||',
     '\tif (head - acknowledged > 1000000 ||'),
    ('ring', 'a held tick is given out', 'collectord/link/ring.c',
     '\tif (!is_held)',
     '\tif (1)'),
    ('ring', 'the checksum leaves out the values', 'collectord/link/ring_file.c',
     '\t\tsizeof(*slot) - sizeof(slot->checksum) + slot->count * sizeof(double),',
     '\t\tsizeof(*slot) - sizeof(slot->checksum) ,'),
    ('ring', "another store's ring is replayed", 'collectord/link/ring_file.c',
     '\tif (r == 0 && store_id &&',
     '\tif (0 && store_id &&'),
    ('ring', 'a wider ring forgets what is pending', 'collectord/link/ring_file.c',
     '\tfor (uint64_t sequence = acknowledged + 1; sequence <= head; sequence++)',
     '\tfor (uint64_t sequence = head + 1; sequence <= head; sequence++)'),
    ('ring', 'the old file does not say it is superseded', 'collectord/link/ring_file.c',
     '\tatomic_store(&ring->header->is_superseded, 1);',
     '\t'),
    ('ring', 'head moves before the tick is whole', 'collectord/link/ring.c',
     '\tslot->sequence = sequence;',
     '\tslot->sequence = sequence - 1;'),
    ('ring', 'an acknowledgement beyond what was released', 'collectord/link/ring.c',
     '\tif (sequence > ring_acknowledged(ring) && sequence <= ring_released(ring))',
     '\tif (sequence > ring_acknowledged(ring))'),
    ('schedule', 'a firm clock is believed however far it is', 'collectord/sampler/clock_guard.c',
     '\treturn distance_ns(jump_ns) <= DAY_NS ||',
     '\treturn 1 ||'),
    ('schedule', 'a clock that comes back is not noticed', 'collectord/sampler/clock_guard.c',
     '\tif (is_near) {',
     '\tif (is_near && guard->state == CLOCK_TRUSTED) {'),
    ('schedule', 'an implausible start is believed', 'collectord/sampler/clock_guard.c',
     '\t} else if (!is_plausible(guard, now->realtime_ns)) {',
     '\t} else if (0) {'),
    ('schedule', 'the line is not kept over a restart', 'collectord/sampler/clock_guard.c',
     '\t\tguard->anchor_real_ns = line_ns;',
     '\t\t'),
    ('schedule', 'a small offset is never slewed', 'collectord/sampler/clock_guard.c',
     '\telse if (distance_ns(offset_ns) > DEAD_BAND_NS)',
     '\telse if (0)'),
    ('schedule', 'missed ticks are made up for', 'collectord/sampler/schedule.c',
     '\tschedule->next_stamp_s += passed * schedule->step_s;',
     '\t'),
    ('schedule', 'a suspend counts as missed ticks', 'collectord/sampler/schedule.c',
     '\tif (tick->suspended_s == 0)',
     '\tif (1)'),
    ('schedule', 'a tick far too late is taken', 'collectord/sampler/schedule.c',
     '\tpassed = grid_divide(late_ns + step_ns(schedule) / 2, step_ns(schedule));',
     '\tpassed = grid_divide(late_ns, step_ns(schedule));'),
    ('layout', 'names are not encoded', 'collectord/link/tick_layout.c',
     '\t\t\tstrbuf_addf(out, "%%%02X", c);',
     '\t\t\tstrbuf_add_bytes(out, at, 1);'),
    ('layout', 'the id of a file is not checked', 'collectord/link/tick_layout.c',
     '\tif (r == 0 && layout.id != id) {',
     '\tif (0) {'),
    ('supervise', 'no limit to the back-off', 'collectord/sampler/supervise.c',
     '\t\tchild->backoff_ns = BACKOFF_MOST_NS;',
     '\t\t;'),
    ('supervise', 'the back-off never begins anew', 'collectord/sampler/supervise.c',
     '\tif (child->backoff_ns == 0 || now_ns - child->started_ns >= WELL_NS)',
     '\tif (child->backoff_ns == 0 || 0)'),
    ('log', 'control characters pass', 'common/log.c',
     "\treturn utf8_is_plain(point) && point != '\\\\';",
     "\treturn 1 && point != '\\\\';"),
    ('log', 'no limit to the lines', 'common/log.c',
     '\tif (site->lines >= LOG_LINES_PER_MINUTE) {',
     '\tif (0) {'),
    ('rate', 'a wrap taken as a reset', 'common/rate.c',
     '\tif (is_32 && state->is_trusted && interval->is_adjacent &&',
     '\tif (0 && is_32 && state->is_trusted && interval->is_adjacent &&'),
    ('rate', 'a reset of a 64-bit counter taken as a wrap', 'common/rate.c',
     '\tif (is_32 && state->is_trusted && interval->is_adjacent &&',
     '\tif (state->is_trusted && interval->is_adjacent &&'),
    ('rate', 'a wrap believed after a doubtful reading', 'common/rate.c',
     '\tif (is_32 && state->is_trusted && interval->is_adjacent &&',
     '\tif (is_32 && interval->is_adjacent &&'),
    ('rate', 'a wrap believed after a gap', 'common/rate.c',
     '\tif (is_32 && state->is_trusted && interval->is_adjacent &&',
     '\tif (is_32 && state->is_trusted &&'),
    ('rate', 'a wrap over the bound', 'common/rate.c',
     '\t\tcount <= allowance(kind, interval))',
     '\t\tcount <= 1e300)'),
    ('rate', 'no physical bound', 'common/rate.c',
     '\tif (count > allowance(kind, interval))',
     '\tif (0)'),
    ('rate', 'no cut at the bound', 'common/rate.c',
     '\t*ret_per_s = per_s < kind->bound_per_s ? per_s : kind->bound_per_s;',
     '\t*ret_per_s = 1 ? per_s : kind->bound_per_s;'),
    ('rate', 'zeros believed as a ground', 'common/rate.c',
     '\tif (state->is_doubtful && raw > 0) /* zeros are no ground to count from (F05) */',
     '\tif (0) /* zeros are no ground to count from (F05) */'),
    ('rate', 'a return from a fall taken as traffic', 'common/rate.c',
     '\t\tif (state->has_fallen && raw >= state->shadow)',
     '\t\tif (state->has_fallen && raw > UINT64_MAX - 1)'),
    ('rate', 'all ones taken as a count', 'common/rate.c',
     '\tif (raw == (kind->width == 32 ? UINT32_MAX : UINT64_MAX)) {',
     '\tif (0) {'),
    ('rate', 'another boot not noticed', 'common/rate.c',
     '\t\t.is_usable = before->boot == now->boot && elapsed_s >= elapsed_min_s &&',
     '\t\t.is_usable = elapsed_s >= elapsed_min_s &&'),
    ('rate', 'a suspend not noticed', 'common/rate.c',
     '\t\t\tfabs(suspended_s) <= suspend_s &&',
     '\t\t\t'),
    ('rate', 'idle counted twice after a step back', 'common/rate.c',
     '\t\traw = state->raw;',
     '\t\t;'),
    ('rate', 'no tolerance for idle', 'common/rate.c',
     '\t} else if (state->raw - raw <= kind->backward && raw > 0) {',
     '\t} else if (0 && raw > 0) {'),
    ('rate', '32 bits rated although they may wrap unseen', 'common/rate.c',
     '\t} else if (is_32 && kind->bound_per_s * interval->elapsed_s >= range_32) {',
     '\t} else if (is_32 && 0) {'),
    ('schedule', 'no tolerance: any wall clock is believed', 'collectord/sampler/clock_guard.c',
     'distance_ns(offset_ns) <= guard->tolerance_ns;',
     'distance_ns(offset_ns) <= INT64_MAX;'),
]

# name for HEADROOM_MUTANT, file, text, text of the mutant
RUNTIME = [
    ("kb-is-1000", "probes/host/memory.c",
     "(kib * 1024)", '(kib * (mutant_is("kb-is-1000") ? 1000 : 1024))'),
    ("cores-online", "probes/host/cpu.c",
     "\tsink->put_cpus(sink, &cpus);",
     '\tif (mutant_is("cores-online") && cpus.physical_cores)\n'
     "\t\tcpus.whole_mhz = cpus.whole_mhz * cpus.online / cpus.physical_cores;\n"
     "\tsink->put_cpus(sink, &cpus);"),
    ("short-write-trusted", "common/io.c",
     "\t\tat += n;\n\t\tcount",
     '\t\tif (mutant_is("short-write-trusted"))\n\t\t\treturn 0;\n'
     "\t\tat += n;\n\t\tcount"),
    ("short-write-trusted", "common/io.c",
     "\t\tat += n;\n\t\toffset",
     '\t\tif (mutant_is("short-write-trusted"))\n\t\t\treturn 0;\n'
     "\t\tat += n;\n\t\toffset"),
    ("no-second-try", "collectord/recorder/recorder_trouble.c",
     "trouble->retry_ms = clock_monotonic_ms() + trouble->backoff_ms;",
     'trouble->retry_ms = mutant_is("no-second-try")\n'
     "\t\t? INT64_MAX : clock_monotonic_ms() + trouble->backoff_ms;"),
    ("ack-before-stage", "collectord/recorder/recorder_take.c",
     "\tfor (size_t done = 0; done < taking->count;) {",
     '\tif (mutant_is("ack-before-stage")) {\n'
     "\t\tring_acknowledge(recorder->ring, taking->sequence);\n"
     "\t\tmutant_pause_ms(20);\n"
     "\t}\n"
     "\tfor (size_t done = 0; done < taking->count;) {"),
    ("staging-error-ignored", "collectord/recorder/recorder_take.c",
     "\t\tif (r < 0)\n\t\t\treturn r;\n\t\tdone += taken;",
     '\t\tif (r < 0 && mutant_is("staging-error-ignored"))\n'
     "\t\t\tr = 0, taken = taking->count - done;\n"
     "\t\tif (r < 0)\n\t\t\treturn r;\n\t\tdone += taken;"),
    ("gap-not-recorded", "collectord/recorder/recorder_store.c",
     "\treturn store_gap_add(recording->store, &gap, err);",
     '\tif (mutant_is("gap-not-recorded"))\n\t\treturn 0;\n'
     "\treturn store_gap_add(recording->store, &gap, err);"),
    ("json-as-it-is", "collectord/recorder/deliver_text.c",
     "\t\tif (length == 0)",
     '\t\tif (mutant_is("json-as-it-is"))\n'
     "\t\t\tstrbuf_add_bytes(out, (const char *)at, 1);\n"
     "\t\telse if (length == 0)"),
    ("alert-state-apart", "collectord/recorder/alerts_record.c",
     "\t\tif (i == 0 || alerts->rules[i]->is_touched)",
     '\t\tif ((i == 0 || alerts->rules[i]->is_touched) && !mutant_is("alert-state-apart"))'),
    ("dead-writer-trusted", "collectord/recorder/recorder_batch.c",
     "\tnote_take(recorder, said);\n\tif (WIFEXITED(status)",
     "\tnote_take(recorder, said);\n"
     '\tif (WIFSIGNALED(status) && mutant_is("dead-writer-trusted")) {\n'
     "\t\tstruct staging_batch all = { .files_key =\n"
     "\t\t\tstaging_files_key(recorder->staging) };\n"
     "\t\tstruct staging_status pending;\n\n"
     "\t\tstaging_get_status(recorder->staging, &pending);\n"
     "\t\tall.number = pending.newest;\n"
     "\t\tall.ticks = pending.pending_ticks;\n"
     "\t\t(void)staging_acknowledge(recorder->staging, &all, &err);\n"
     "\t\tstatus = 0;\n"
     "\t}\n"
     "\tif (WIFEXITED(status)"),
    ("scan-once", "collectord/link/staging_frames.c",
     "staging->damaged == 0)\n\t\treturn r;\n\tr = staging_head_read",
     'staging->damaged == 0 || mutant_is("scan-once"))\n\t\treturn r;\n'
     "\tr = staging_head_read"),
    ("staging-without-sync", "collectord/link/staging.c",
     "O_RDWR | O_DSYNC",
     'O_RDWR | (mutant_is("staging-without-sync") ? 0 : O_DSYNC)'),
    ("no-deadline", "collectord/helper/helper.c",
     "\treturn source->state == HELPER_LATE ? ms",
     '\tif (mutant_is("no-deadline"))\n\t\tms = INT64_C(3600) * 1000;\n'
     "\treturn source->state == HELPER_LATE ? ms"),
    ("sleep-unseen", "collectord/sampler/schedule.c",
     "if (asleep_ns - schedule->asleep_ns > SUSPEND_NS)",
     'if (asleep_ns - schedule->asleep_ns > SUSPEND_NS && !mutant_is("sleep-unseen"))'),
    ("clock-believed", "collectord/sampler/clock_guard.c",
     "distance_ns(offset_ns) <= guard->tolerance_ns;",
     'distance_ns(offset_ns) <= guard->tolerance_ns || mutant_is("clock-believed");'),
    ("held-forgotten", "collectord/sampler/sampler.c",
     "\tif (!slot)\n\t\treturn;\n\tslot->layout_id",
     '\tif (!slot || (is_held && mutant_is("held-forgotten")))\n'
     "\t\treturn;\n\tslot->layout_id"),
    ("sums-not-kept", "collectord/writer/writer.c",
     "\tif (writer->sums && row_sums_batch_commit(",
     '\tif (writer->sums && !mutant_is("sums-not-kept") &&\n\t\trow_sums_batch_commit('),
    ("allocation-unchecked", "collectord/writer/writer.c",
     "if (!source || !value) {",
     'if ((!source || !value) && !mutant_is("allocation-unchecked")) {'),
    ("tick-twice", "collectord/writer/writer.c",
     "\tr = series_append(writer->data_dir,",
     '\tif (mutant_is("tick-twice") && run->rows > 1)\n'
     "\t\tmemcpy(value + file->count, value, file->count * sizeof(*value));\n"
     "\tr = series_append(writer->data_dir,"),
    ("no-recovery", "collectord/writer/writer.c",
     "\tr = header_slots_restore(writer->data_dir, &restored, err);",
     '\tr = mutant_is("no-recovery")\n'
     "\t\t? 0 : header_slots_restore(writer->data_dir, &restored, err);"),
    ("headers-not-saved", "collectord/writer/writer.c",
     "\treturn header_slots_save(",
     '\tif (mutant_is("headers-not-saved"))\n\t\treturn 0;\n\treturn header_slots_save('),
    ("rrd-without-sync", "collectord/writer/writer.c",
     "\t\tint r = series_sync(",
     '\t\tint r = mutant_is("rrd-without-sync") ? 0 : series_sync('),
    ("write-error-ignored", "store/rrd/series_file.c",
     '\t\tif (done < 0)\n\t\t\treturn err_errno(err, "cannot write',
     '\t\tif (done < 0 && mutant_is("write-error-ignored"))\n\t\t\treturn 0;\n'
     '\t\tif (done < 0)\n\t\t\treturn err_errno(err, "cannot write'),
    ("sums-one-short", "store/rrd/row_sums_batch.c",
     "\t\t\tr = sum_blocks(batch, file, entry, i, first, last + 1, err);",
     '\t\t\tif (mutant_is("sums-one-short") && last > first)\n\t\t\t\tlast--;\n'
     "\t\t\tr = sum_blocks(batch, file, entry, i, first, last + 1, err);"),
    ("sums-not-checked", "store/rrd/row_sums.c",
     "\tif (r == 0 && is_covered) {",
     '\tif (r == 0 && is_covered && !mutant_is("sums-not-checked")) {'),
    ("lock-passed-over", "store/rrd/series_append.c",
     '\t\tif (!strstr(text, "could not lock")',
     '\t\tif (mutant_is("lock-passed-over"))\n\t\t\tbreak;\n'
     '\t\tif (!strstr(text, "could not lock")'),
    ("gap-bridged", "store/rrd/series_append.c",
     "> (int64_t)target->step_s)",
     '> (int64_t)target->step_s && !mutant_is("gap-bridged"))'),
    ("rename-error-ignored", "store/db/pending.c",
     "\tif (rename(from, to) < 0)",
     '\tif (rename(from, to) < 0 && !mutant_is("rename-error-ignored"))'),
    ("allocation-unchecked", "analyze/import/reading.c",
     "\t\tif (!chain->open)\n",
     '\t\tif (!chain->open && !mutant_is("allocation-unchecked"))\n'),
    ("leak-per-batch", "collectord/recorder/recorder_batch.c",
     "\tif (recorder->workload_id == 0 || recorder->has_unentered) {",
     '\tmutant_leak("leak-per-batch");\n'
     "\tif (recorder->workload_id == 0 || recorder->has_unentered) {"),
    ("leak-per-name", "probes/collect_sink.c",
     "\t*instance = (struct instance){ .is_present = true };",
     '\tmutant_leak("leak-per-name");\n'
     "\t*instance = (struct instance){ .is_present = true };"),
    ("HEADROOM_SLOW", "collectord/writer/writer.c",
     "\t\tr = append_file(writer, run, &run->layout.file[i], err);\n\t\tif (r < 0)\n\t\t\treturn r;\n",
     "\t\tr = append_file(writer, run, &run->layout.file[i], err);\n\t\tif (r < 0)\n\t\t\treturn r;\n"
     "\t\tmutant_slow();\n"),
    ("HEADROOM_SLOW", "collectord/writer/writer.c",
     "\tr = each_run(writer, append_run,",
     "\tmutant_slow();\n\tr = each_run(writer, append_run,"),
    ("HEADROOM_SLOW", "collectord/writer/writer.c",
     "\tif (r == 0)\n\t\tcommit_sums(writer);\n",
     "\tmutant_slow();\n\tif (r == 0)\n\t\tcommit_sums(writer);\n\tmutant_slow();\n"),
    ("HEADROOM_SLOW", "collectord/writer/writer.c",
     "\tif (r == 0)\n\t\tr = staging_acknowledge(writer->staging, &done, err);",
     "\tmutant_slow();\n"
     "\tif (r == 0)\n\t\tr = staging_acknowledge(writer->staging, &done, err);"),
]
