"""The rows of table.py for what the store refuses, and for what it does when a call fails."""

from recorder_rows import RECORDER

REFUSALS = RECORDER + [
    ('each_fault', 'a file that cannot be looked at stays open', 'store/rrd/rrd_file.c',
     'out:\n\tif (r < 0) {\n\t\trrd_file_close(&file);\n',
     'out:\n\tif (r < 0) {\n'),
    ('each_fault', 'a text that there is no memory for is none', 'store/db/db_statement.c',
     'if (!text && sqlite3_column_type(statement, column) != SQLITE_NULL)',
     'if (0)'),
    ('store_refusals', 'an archive points anywhere', 'store/rrd/rrd_file.c',
     'if (newest >= def->rows)',
     'if (0)'),
    ('store_refusals', 'a record of sums may begin behind its archive',
     'store/rrd/row_sums_table.c', 'if (run->first >= archive->blocks || run->count',
     'if (run->count'),
    ('store_refusals', 'a review holds for every profile', 'store/db/reviews.c',
     'if (review->profile_id && strcmp(review->profile_id, profile_id) != 0)',
     'if (0)'),
]
