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
    "collectord/link/ring_file.c": [
        ("if (r == 0)", "no room for a ring in place of version 1: test_each_fault makes rings of today alone")],
    "collectord/link/ring_v1.c": [
        ("old->count > capacity", CALLER + ": the new seats are at least as wide")],
    "collectord/link/staging.c": [
        ("errno == EINVAL", "a file that cannot be opened to be read either: " + NOT_MOUNTED),
        ("got < 0 ? -errno", "the removed file gets shorter while it is read: " + RACE),
        ("there.st_dev == ours", "another file system at its place: none is mounted in a test"),
        ("staging_next(staging, number)", LAST)],
    "collectord/link/staging_frames.c": [
        ("count > AHEAD_BLOCKS", "a frame of more than half a megabyte, or a disk that fails within what is read ahead"),
        ("block < ahead->first", "a frame before what was read ahead: the walks go forward, but where the ring goes round"),
        ("staging_buffer_fit", MEMORY), ("-ENOMEM", MEMORY),
        ("head.number > through", "a frame written between two walks: " + RACE),
        ("scan_once(staging, staging->newest", "the heads cannot be read any more between two walks"),
        ("frame->number <= staging->released", "a frame that both have done with is not in the index any more"),
        ("r != 0)", "a frame whose later blocks alone cannot be read")],
    "collectord/link/staging_head.c": [("fcntl(staging->fd", "F_GETFL does not fail on an open file")],
    "collectord/recorder/alerts_record.c": [
        ("rules->count < ALERT_WATCHES_MAX", "more than 256 open alerts of one workload"),
        ("workload_rules_grow", MEMORY), ("if (!rules)", MEMORY),
        ("rules[0]->workload_id", "asked before the workload is entered anew: the recorder asks after it"),
        ("recorder->subject_count -", "a machine that was met since: it is entered, and with it loaded, before"),
        ("EXCURSION_ENDED", "the maintenance windows cannot be read: behind it all steps are left out alike"),
        ("r == 0 && watch->alert_id", "an excursion that ends without an alert, and a step before it that fails"),
        ("if (r == 0)", "a step of one change that fails: SQLite is made to fail at the first of them")],
    "collectord/recorder/deliver_text.c": [("gmtime_r", STAMP)],
    "collectord/recorder/main.c": [
        ("DATA_RECORDER_LOCK", TEXT), ("errno != EWOULDBLOCK", "flock fails otherwise, or " + SIGNAL),
        ("until_ms", "a recorder that is still at work after 20 s"),
        ("SHRINK_WAIT_MS", "a writer that runs while nothing else is due"),
        ("there is no staging", "an end before staging could ever be made"),
        ("has_other_step", "another step, found while a writer is at work"),
        ("!recorder->child.pid)", "the end's deadline passes while a writer hangs"),
        ("now_ms >= end_ms", "likewise"),
        ("if (slash)", "no /proc: the other programs are not found either"),
        ("r = recorder_subjects_open", MEMORY), ("if (r == 0)", MEMORY + ", or a disk that does not give the subjects"),
        ("recorder_renew", "likewise"), ("code != EXIT_SUCCESS", "a drain that ends well and has no staging")],
    "collectord/recorder/recorder_alert.c": [
        ("ALERT_WATCHES_MAX", "more than 256 watches of one workload: file systems and sensors"),
        ("DERIVE_BUSY", "a derivation beside those of the table: cannot be"),
        ("rules->subject == SUBJECT_OWN", "a full disk while a polled machine is judged"),
        ("k < count && r == 0", MEMORY),
        ("event->text[length]", "cannot be: no kind of event begins as another"),
        ("!rules || frame->number", "a workload that was refused, in a frame that is judged again"),
        ("r == -EBADMSG ? 0 : r", MEMORY),
        ("if (r == 0)", "SQLite or memory fail as the state is read, in a transaction that is under way"),
        ("alerts_keep(recorder", "likewise"), ("!alerts->is_loaded", "a transaction that fails before anything was loaded")],
    "collectord/recorder/recorder_batch.c": [
        ("is_recorded_known", "a start without a database and without a tick"),
        ("has_unentered", "a machine that is met between a turn's taking and its batch"),
        ("errno == ECHILD", SIGNAL + ": WNOHANG does not wait")],
    "collectord/recorder/recorder_connect.c": [
        ("if (r == 0)", "a staging of another step that cannot be made anew: making it fails at a first start"),
        ("UNREADABLE_TRIES", "a block that is refused twice in one opening, in what is read ahead and alone"),
        ("!recorder->is_one_shot", "a drain over a staging that is damaged: main opens it before"),
        ("recorder->subject_count", "a file that is neither a machine's layout nor ours, looked at before it")],
    "collectord/recorder/recorder_db.c": [
        ("-EINPROGRESS", "an undo that cannot move its files yet, and a commit of ours that tries it again")],
    "collectord/recorder/recorder_deliver.c": [
        ("i < list->count; i++", "an alert that somebody removes between two reads: " + RACE),
        ("sent < DELIVERIES_AT_ONCE", "more than sixteen open alerts are resent"),
        ("!alert ||", RACE + ": likewise"), ("alert && alerts->in_flight", RACE + ": likewise"),
        ("a message is too long", "sixteen megabytes in sixteen messages"),
        ("subject_count && !is_found", "a machine behind the one that is found")],
    "collectord/recorder/recorder_enter.c": [
        ("kept.origin", "a folder that is filled and belongs to an import: somebody's hand in the database"),
        ("r == -ENOENT; i++", "the workload that is looked for is not the last of its list"),
        ("store_notice", "a database that is found damaged in this very transaction")],
    "collectord/recorder/recorder_folder.c": [("data_path(data", TEXT)],
    "collectord/recorder/recorder_health.c": [
        ("found != 4", "one of the four figures moves: their times do, in test_disk_days")],
    "collectord/recorder/recorder_renew.c": [
        ("NAMES_MOST", "a hundred histories of one day"), ("-ENOENT", "SQLite fails as the health is looked for, in a change that is under way")],
    "collectord/recorder/recorder_socket.c": [
        ("if (recorder->staging)", "staging goes while somebody waits: it does not"),
        ("ECONNABORTED", SIGNAL + ", or a client that gives up at the door"),
        ("errno == EINTR", SIGNAL)],
    "collectord/recorder/recorder_store.c": [
        ("if (r == -ENOENT)", "the row goes while the batch is recorded: the transaction keeps it"),
        ("recorder->workload_id &&", "a machine that is met while the writer runs: the turn enters it before"),
        ("store_notice", "a database that is found damaged in this very transaction")],
    "collectord/recorder/recorder_subject.c": [
        ("SUBJECTS_MAX", BIG), ("of->last_stamp_s", "frames out of their order: one recorder writes them in order"),
        ("if (!of)", "listed twice: a folder has each name once")],
    "collectord/recorder/recorder_take.c": [
        ("-E2BIG", BIG), ("r < 0 || seat->flags", RACE + ": there is one who acknowledges"),
        ("used < RING_EVENTS", "cannot be: the ring has no more events"),
        ("!recorder->staging", "a ring without a staging: the turn waits for its next try, and the socket refuses")],
    "collectord/recorder/recorder_turn.c": [
        ("!recorder->ring", "a drain that has staging and still waits"),
        ("WAIT_CHILD_MS", "a writer while something is due within a second"),
        ("-EBUSY", "the writer has the lock, and the database fails otherwise"),
        ("recorder_waiting", "ticks that wait in a ring without a staging, at the end")],
    "collectord/writer/main.c": [
        ("--give-up", "a writer that gives up, as a program"),
        ("EXIT_OTHER_STEP", "another step met by the writer: the recorder refuses it before"),
        ("result.note", "a batch with something to tell, as a program"),
        ("headers_restored", "an interrupted batch, repeated by a writer that ends in order")],
    "collectord/writer/writer.c": [
        ("!writer->result->note[0]", "two things to tell of one batch: the first is told"),
        ("key ? key : 1", COLLISION), ("if (r < 0)", DISK),
        ("!writer->batch.gives_up", "sums that cannot be kept, in a batch that gives up: fails in test_each_fault at other places"),
        ("row_sums_batch_commit", MEMORY), ("if (r == 0)", DISK + ": a second time"),
        ("SERIES_REBUILT", "gcov's second way of a comparison: both kinds are met"),
        ("frame->number <= saved", "the saved batch ends with the newest frame"),
        ("writer.status.unreadable", "a block that is refused twice in one opening, in what is read ahead and alone")],
    "collectord/writer/writer_batch.c": [
        ("BATCH_BYTES", "two million values in one batch"),
        ("batch->gives_up", "likewise, of a frame that was found"),
        ("before < cursor->used", "behind a reading that was full: two million values"), ("r < 0 ? r : 1", "likewise"),
        ("cursor->is_done", "likewise"), ("!frame ||", "a frame behind the one that was newest at the begin: " + RACE),
        ("frame->number != cursor", "likewise"), ("if (r > 0)", "likewise")],
}
