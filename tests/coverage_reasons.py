"""Why a branch is never taken: by file, the text of its line and what was read there.

A row stands for the lines that hold its text; the first that fits.  What has no row was not
looked at by anybody, and `coverage.py uncovered` says so.
"""

MEMORY = "no memory: at no place of test_each_fault that comes by here"
DISK = "a disk that says no: at no place of test_each_fault that comes by here"
LAST = "no fault strikes what the loop calls before its last turn"
TEXT = "a text longer than the caller's can be"
CALLER = "cannot be: the callers see to it"
MODEL = "made once in a process, before any call fails there"
COLLISION = "two names of one checksum: none are known"
RACE = "somebody else changes it between two looks"
SIGNAL = "a signal in the middle of the call: none is sent there"
NOT_MOUNTED = "a file system that answers so: none is mounted for it"
BIG = "a limit that a test would need gigabytes or thousands of files for"
ONE_USER = "one of root and user: the tests run as one of them"
STAMP = "cannot be: stamps are bounded where they are read"
KERNEL = "a kernel that answers so: ours does not"

REASONS = {
    "store/rrd/header_copies.c": [
        ("S_ISREG(status.st_mode))", "opened without following links: of another kind only"
         " where somebody puts a folder or a pipe there"),
        ("COPY_BYTES_MAX", BIG),
        ("malloc(copy->head.bytes ?", "a copy without an entry: a batch without archives saves none"),
        ("r == -ENOENT ? -EIO : r", "the second copy vanishes after it was found: " + RACE),
        ("a reader holds its lock", "a reader that holds the lock for 10 s"),
        ("if (r < 0)", "behind that lock, or " + MEMORY),
        ("view->header_bytes ||", RACE + ": it was long enough when it was opened"),
        ("-EINVAL || r == -ELOOP", "names that lead out of the store were refused when the copy was read"),
        ("r == 0 && i < restore->copy", LAST),
        ("strcmp(only->f", "one archive is put back where its folder holds several: fsck does so, not here"),
        ("r == -ENOENT && i < copy.head", "the copy ends before its count of entries: its checksum would be wrong"),
        ("strcmp(name->f", "the archive that is asked for stands first in the copy of every test"),
        ("*ret_header ? 0", MEMORY),
        ("if (r == 0)", MEMORY)],
    "store/rrd/header_match.c": [
        ("votes->differ <= votes->agree", "neither header can be read, and most rows speak against the saved one"),
        ("table->open_until > until", "an open batch of this log is always behind the one that was saved"),
        ("r == 0 && sums &&", MEMORY)],
    "store/rrd/header_settle.c": [
        ("if (!now)", MEMORY), ("io_pread_full", DISK), ("-ENOMEM", MEMORY),
        ("r == HEADER_BATCH", "a header that is the batch's: the writer had ended then, and nothing is to settle"),
        ("!sums_is_in_batch", "a reader during a batch whose log names other files alone"),
        ("saved.last_update == sums->last", "a copy of another structure, or of an older batch than the sums"),
        ("if (r == 0)", "no copy of a file that is in the open batch: the batch saves it before it begins")],
    "store/rrd/number.c": [
        ("== ','", "a locale with a decimal comma: the programs set none"),
        ("length > 0 &&", "a fraction of zeros alone is printed as no fraction before")],
    "store/rrd/row_sums.c": [
        ("sums->told[i], what", "a second damaged archive in one reading process"),
        ("!sums->tell", CALLER + ": who sets no listener asks for no view"),
        (", and more", "more than one damaged range in one archive that is read"),
        ("sums->table->number == table->number", "the log was written between two looks of one reader: " + RACE),
        ("length < 4", CALLER + ": all names come from path_series"), ('".rrd") != 0', CALLER),
        ("if (!slash)", CALLER), ('strcmp(part[2], "rrd")', CALLER),
        ("gmtime_r", STAMP),
        ("has_seam", "a damaged range over the place where the ring of rows begins anew")],
    "store/rrd/row_sums_batch.c": [
        ("ARRAY_LEN(logs) && r == 0", "the first log cannot be removed: " + DISK), ("unlink(path)", DISK),
        ("ADOPT_BYTES", BIG),
        ("!entry || !sums_are_of", "the archive was rebuilt in the batch, which makes its sums anew before"),
        ("written.count == 0", "an archive whose every row is of this batch"),
        ("r > 0 && entry &&", MEMORY),
        ("!batch->note[0]", "two things to tell at the begin of one batch"),
        ("if (sums_are_of(entry, &file))", "the structure changed within the batch: the writer alone writes, and has rebuilt before"),
        ("batch->open_before > 0", LAST), ("entry->is_taken", "a batch was cut short over other files than this one has"),
        ("commit_file(batch, entry->folder", "likewise")],
    "store/rrd/row_sums_log.c": [
        ("LOG_BYTES_MAX", BIG),
        ("at > image->size", CALLER + ": entries end within the file"),
        ("number > table->number", "the magic of an older entry behind a damaged one"),
        ("if (r == -EBADMSG)", "an entry whose checksum is right and whose records are not: fuzz_sums makes them"),
        ("r == -EBADMSG ? 0", "likewise"),
        ("kind == ENTRY_ALL", "a log that begins in the middle, with a right checksum: fuzz_sums makes it"),
        ("errno != ENOENT", DISK),
        ("if (!table->has_log)", CALLER + ": the batch has begun the log"),
        ("if (r == 0)", DISK)],
    "store/rrd/row_sums_table.c": [
        ("rows ? rows : 1", "an archive of more than 8,192 data sources"),
        ("sums->archive_count != file", "as many columns in another number of archives: a rebuild changes both or neither"),
        ("strcmp(table->file[i]", COLLISION),
        ("FILE_BLOCKS_MAX", BIG), ("UINT32_MAX", BIG), ("!sums_have_room", BIG),
        ("r == 0)", MEMORY + ": the buffer grows at the first part of a record"),
        ("if (r < 0)", MEMORY),
        ("!rows || !folder || !name", "one part that is cut alone: all stand in what the head counts"),
        ("i < head->runs", LAST),
        ("lo < 0 ||", "a stamp before 1970: refused where stamps are read")],
    "store/rrd/rrd_file.c": [
        ("an update holds its lock", "a writer that holds the lock for 10 s"),
        ("length == 0 ||", "an empty name: one without an end is refused, in hostile_store"),
        ('"000', "versions 4 and 5: this librrd writes 3"),
        ("fstat(file.fd", DISK),
        ("bytes < sizeof(head)", CALLER + ": a copy's entries are bounded when it is read"),
        ("archive->cf == cf", "two archives of one function and step: ours has one of each"),
        ("best < 0 ||", "likewise"),
        ("room < block_rows", CALLER), ("room == 0", CALLER)],
    "store/rrd/rrd_lock.c": [("EAGAIN", "EACCES is another kernel's word, and " + SIGNAL)],
    "store/rrd/series_append.c": [
        ("if (at < 0)", CALLER + ": the file was made with these columns a moment before"),
        ("could not lock", "somebody holds the lock for longer than we wait"),
        ("No space", "librrd meets a full disk in a file whose bytes are all allocated: none does"),
        ("err, code", "librrd gives no reason: it gave one for each"), ("return err_set(", "likewise"),
        ("rows->column_count == 0", CALLER)],
    "store/rrd/series_file.c": [
        ("if (text[0])", "librrd fails without a reason: it gave one for each"),
        ("if (slash)", CALLER), ("f_bavail", "librrd gave a reason each time: nothing is left to be asked"),
        ("length == 0 ||", CALLER + ": data sources are metrics' names"),
        ("file.archive_count && r == 0", "librrd read our xff with another decimal point: the locale is set"),
        ("xff != archives->xff", "likewise"),
        ("!= at->rows", "librrd of another layout than 1.x"), ("!= skeleton->", "likewise"), ("if (r == 0)", "likewise"),
        ("RRD_COLUMNS_MAX", BIG), ("values > 0 && r == 0", "a disk that fails in the middle of a new archive's rows")],
    "store/rrd/series_store.c": [
        ("EINVAL", NOT_MOUNTED),
        ("rows < rra->rows", "longer retention alone: the settings that the tests change have other steps too"),
        ("is_taken)", "an archive that only the old file has: no test shortens the list of steps"),
        ("RRA_COUNT_MAX", BIG),
        ("old < 0 || r < 0", DISK), ("block_bytes <", BIG),
        ("if (r == 0)", "more archives than fit: as above")],
    "store/db/alerts.c": [
        ("!bytes &&", "no memory within SQLite: its allocations are its own"),
        ("if (bytes)", "an empty state: none is written")],
    "store/db/db.c": [
        ("*at >= '0'", "cannot be: the migrations are built in"), ("*at == '-'", "cannot be: the migrations are built in"),
        ("version > db_newest", "a newer build's database, met by a writer: readers meet it"),
        ("strlen(path) + 32", TEXT), ("used + 16 < size", TEXT),
        ('"%?#"', "a data folder with %, ? or # in its name, read where nothing can be written"),
        ("wal, &status", "a log beside a database where nothing can be written: root writes everywhere"),
        ("beside, &status", "a log and no index of it, read where nothing can be written"),
        ("-EACCES || r == -EROFS", ONE_USER),
        ("errno != ENOENT && errno != ENOTDIR", DISK),
        ("S_ISREG", "a folder at the database's place: SQLite refuses it before"),
        ("sqlite3_wal_checkpoint_v2", "a reader that still needs the log while it is checked"),
        ('sizeof(mark) - 1', "SQLite's words of a check without a code"),
        ("SQLITE_NOTADB", "a check that a busy or full SQLite breaks off: its words are its own"),
        ("is_refusal(text)", "likewise"), ("!path", CALLER + ": it is never in memory")],
    "store/db/db_copy.c": [
        ("COPY_BYTES_MAX", BIG), ("sqlite3_backup_finish", "SQLite's own memory, at the end of a copy that went well")],
    "store/db/db_guard.c": [
        ("*left == '\\0'", "one statement that begins as the other: each difference of the tests lies within"),
        ("!text || strcmp(text, at)", "no text: the query asks for rows with one"),
        ("sqlite3_bind_text", "SQLite's own memory: the texts are static"),
        ("r > 0 && db_text_at(find", "no memory within SQLite, after the first of two looks"),
        ("if (r >= 0)", "likewise"), ("if (r == 0)", MODEL),
        ("schema_model; r == 0", LAST), ("", MODEL)],
    "store/db/db_mend.c": [("done == 0", "the file shrinks while it is copied: " + RACE)],
    "store/db/db_statement.c": [
        ("switch (", "SQLite's read-only code, met by a writer: root writes everywhere"),
        ("SQLITE_CONSTRAINT_UNIQUE", "a constraint that is neither unique nor a key: the values are checked before")],
    "store/db/decisions.c": [
        ("back->reviews", "an undo that lets reviews stand again: test_plan_keep and import_store do so through the verb"),
        ("back->exclusions", "likewise"), ("r == 0 && back", "likewise")],
    "store/db/imports.c": [("db_changed(store) == 0", "SQLite fails in the undo of an import: no scenario of it does")],
    "store/db/machines.c": [
        ("r > 0 && tables > 0", "a store of before the inventory, read by this one"),
        ("data ? data->text", "an event with no data: a list that changed too much"),
        ("strbuf_failed(text)", MEMORY),
        ("MACHINE_EVENTS_MAX", "a machine with more than so many changed devices at once"),
        ("strncmp(taking->list", "two lists that begin alike: ours do not"),
        ("length < sizeof(taking->list)", TEXT),
        ("-ENOMEM", MEMORY), ("if (r < 0)", "a value that is none of its fact: the gatherers state none"),
        ("machine->gathered ?", "a description without its time: ours has one"),
        ("-EINVAL || r == -ENOENT", "SQLite fails as the first description is looked for"),
        ("r == 0 && ret_changes", "likewise, or a caller who does not ask: none")],
    "store/db/pending.c": [
        ("length < 20", "a number of twenty digits"),
        ('".rrd") == 0', "an archive whose name ends otherwise: hostile_store draws other flaws"),
        ("is_whole && rest[0]", "a folder with no name, likewise"),
        ("beneath_is_plain", "a target that is no text: SQL's NOT NULL"),
        ("-ELOOP || r == -EXDEV", "EXDEV and ENOTDIR: a link in the middle gives ELOOP here"),
        ("strncmp(path, target", "a reader while the removal of a whole folder is still owed"),
        ("path[length] ==", "likewise"), ("list->count ?", CALLER), ("is_in(path", "likewise"),
        ("strcmp(move->from, path)", "a move whose source is gone and whose path is asked for")],
    "store/db/reviews.c": [("review->reason", "gcov's own: a call with many arguments, no condition")],
    "store/db/workloads.c": [
        ("*b >= '0' && *b <= '9'", "a digit against a sign behind the digits, in a name"),
        ("if (r < 0)", "SQLite fails in the writer's begin: begun before"),
        ("workload.step_s != step_s ||", "facts first, then rows of that very step"),
        ("r < 0 ? r", "SQLite fails as the origin is looked for"), ("if (r <= 0)", "likewise"),
        ("if (r == 0)", "removed twice: the verb has looked it up before"),
        ("folder ? folder", "no folder: SQL's NOT NULL"), (": 0;", TEXT)],
    "store/dir/beneath.c": [
        ("length == 0 ||", "the walk that kernels without openat2 need: " + KERNEL), ("ENOSYS", KERNEL),
        ("is_made && mkdirat", "a folder that is asked for and not made: who asks makes"),
        ("errno != EEXIST", DISK), ("geteuid()", ONE_USER),
        ("length >= sizeof(folder)", TEXT),
        ("DEPTH_MAX", "folders in folders deeper than a store has, and a kernel that says EPERM"),
        ("AT_REMOVEDIR", DISK)],
    "store/dir/data_dir.c": [
        ("root > 0 &&", "printf refuses no text of ours"), ("strncmp(path, data_dir, root)", "a path that is not below the folder: " + CALLER),
        ("if (r < 0)", "a name that does not encode: refused where it is entered"), ("length < 0", "printf refuses no text of ours")],
    "store/dir/folder.c": [
        ("EROFS", NOT_MOUNTED), ("geteuid()", ONE_USER), ("if (!slash)", CALLER), ("stat(folder[0]", RACE),
        ("st_nlink > 1", "a second name of a file that root makes: hostile_store links folders"),
        ("fchown", DISK), ("length < 0", TEXT)],
    "store/dir/lock.c": [
        ("EINTR", SIGNAL), ("EWOULDBLOCK", SIGNAL), ("pause_ms < 50", "a wait of more than a hundred ms in one process"),
        ("store_id_read(dir, ignored", RACE + ": two that make the id at once")],
    "store/dir/path.c": [("used == 0", TEXT)],
    "store/files.c": [
        ("from->has_cf", "an archive of a function that is not ours (LAST): read where it is imported"),
        ("k < count && !to", "more than one step before the one that fits"),
        ("a->step_s < b->step_s", "archives out of their order"),
        ("if (!where)", "a file that an undo is still taking away"),
        ("r < 0 || !db", "a store without a database, asked for the archives it should have"), ("r < 0 ? r : -ENOENT", "likewise"),
        ("!file || path_encode", "no name: SQL's NOT NULL"),
        ("list->file[i].name, name", "an archive that is listed by an undo and stands there, too"),
        ("r == -EBADMSG || r == -ENOENT", DISK), ("move->target[length]", "likewise of two workloads that begin alike"),
        ("errno != ENOENT", DISK)],
    "store/flush_answer.c": [
        ("memcmp(word", "a word of the same length: the recorder says ok or failed"),
        ('shown ? shown', MEMORY), ("answer_number(&line, &live.stamp)", "an answer that begins well: ours is whole"),
        ("step_s < 1", "likewise")],
    "store/flush_client.c": [
        ("fd >= 0 &&", "no descriptor for a socket"), ("fd < 0", "likewise"),
        ("(ssize_t)strlen(request)", "a recorder that hangs up before it is asked"),
        ("left_ms <= 0", "a deadline that passes between two looks"),
        ("EINTR", SIGNAL), ("setgroups", "a child that becomes another program counts nothing"),
        ("if (r < 0)", "no recorder beside us: an installation in pieces"),
        ("sizeof(data)", TEXT), ("pid < 0", "no process can be had"), ("pid == 0", "a child that becomes another program counts nothing"),
        ("lstat(staging", RACE), ("geteuid()", ONE_USER), ("may_drain", ONE_USER), ("DATA_STAGING", TEXT),
        ("WNOHANG", "a drain that takes longer than who asks waits: the tests' are short"), ("ended == 0", "likewise"),
        ("WIFEXITED", "a drain that a signal ends"), ("live_answer_read", "the live line of a recorder, asked in this process: watch asks")],
    "store/fsck.c": [
        ("damaged_count && r == 0", LAST), (", and more", "more than one damaged range in one archive"),
        ("check->may_write &&", "fsck over a store that it may not write: root writes everywhere"),
        ("else if (file)", "no name: SQL's NOT NULL"), ("list.count && r == 0 && db", "SQLite fails as a workload is checked"),
        ("if (r < 0)", "the lock is taken by another for 10 s"),
        ("if (r == 0)", "store_begin has met the damage before, and told of it"),
        ("store_begin(store, 10000", "likewise"), ("!check->may_write", "likewise"), ("fsck_note(check", "likewise"),
        ("r < 0 && r != -EBADMSG", "a check that SQLite breaks off"), ("-EROFS", ONE_USER)],
    "store/incoming.c": [
        ("pid <= 0", "a name that is none of ours in incoming/"), ("errno != ESRCH", ONE_USER), ("DATA_INCOMING", TEXT),
        ("length < 0", "printf refuses no text of ours"), ("handle == handle", CALLER + ": handles are ours"),
        ("SYNC_EACH_MAX", BIG), ("syncfs", BIG), ("fd >= 0", BIG), ("incoming_count && r == 0", DISK),
        ("is_published)", "a file that was given up among files that were taken"),
        ("!is_committed", "a commit that fails behind the renames"), ("if (r < 0)", "a name that does not encode: refused before"),
        ("!incoming ||", CALLER), ("if (r == 0)", "SQLite fails in the writer's begin: begun before"), ("r < 0 ? r", "SQLite fails there")],
    "store/incoming_fill.c": [("used < size", TEXT), ("close(fd)", DISK)],
    "store/live.c": [("pressures[figure]", "the pressures of a live line: watch asks in a process of its own")],
    "store/salvage.c": [("first < found->first", "an archive with older rows than the one before it"), ("path_decode", TEXT)],
    "store/series_read.c": [
        ("length < 0", TEXT), ("rrd_file_find_column(file, full)", TEXT),
        ("extreme.archive < 0 && step_s", "a column of minima without its archive: ours come together"),
        ("series->step_s == file->step_s", "likewise"), ("has_extremes =", "likewise"),
        ("step_s ? step_s", "known rows at a coarser step: no verb asks"), ("archive < 0", "likewise"),
        ("isnan(block", "gaps within what is asked for, likewise"), ("!is_known", "likewise")],
    "store/store.c": [
        ("st_mtime <= now", "a backup of the future"), ("BACKUP_AGE_S", "a backup that is young enough: each test's is the first"),
        ("db_backup(", "damage that the backup meets first")],
    "common/rate.c": [
        ("kind->width == 32", "a counter that has shown to be narrow: probes/collect.c says so, whose tests are not measured"),
        ("RATE_OUTCOME_COUNT", "the word of an outcome: its tests ask for it as they fail")],
}
