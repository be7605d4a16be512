"""What the simulator of the whole (T68) found, taken out again: rows of table.UNIT."""

# unit test, what the fault is, file, text, text of the mutant
UNIT = [
    ('row_sums', 'a torn header is believed by readers', 'store/rrd/row_sums.c',
     'if (r == 0 && is_covered && settle)',
     'if (false)'),
    ('row_sums', 'rows of a batch that was cut short are shown', 'store/rrd/row_sums.c',
     'return is_flux ? BLOCK_IN_BATCH : BLOCK_DAMAGED;',
     'return is_flux ? BLOCK_UNCOVERED : BLOCK_DAMAGED;'),
    ('recorder_take', 'a layout that is gone stays away', 'collectord/recorder/recorder_layout.c',
     '? layout_copy(recorder, recorder->settings.runtime,',
     '? 0 && layout_copy(recorder, recorder->settings.runtime,'),
    ('recorder_take', 'the archives alone are history', 'collectord/sampler/sampler.c',
     'if (r == 0 && staged_s > *ret_last_s)',
     'if (false)'),
]
