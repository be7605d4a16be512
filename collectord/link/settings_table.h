/*
 * SETTING(field, type, default, least, most, help)
 * No include guard: included once per use.  One row is one setting: the field of struct
 * settings, the word in the file, the line of --help, the man page and the sample.
 *
 * Types: TEXT (printable, at most 511 bytes), COUNT (a number), SPAN (seconds; written
 * "90", "10s", "5m", "2h", "2d", "13w", "3y" with 1 y = 365 d), SWITCH (yes or no).
 */
/* clang-format off */
SETTING(data, TEXT, HEADROOM_DATA_DIR, 1, 511, "folder of the store")
SETTING(name, TEXT, "", 0, 127, "name of this workload in the store; empty: what uname -n says")
SETTING(user, TEXT, "headroom", 0, 63, "user to become when started as root; empty: stay root")
SETTING(interval, SPAN, "10s", 1, 300, "sampling step: 1, 2, 5, 10, 15, 20, 30 s, 1, 2 or 5 m")
SETTING(probes_off, TEXT, "", 0, 511, "names of probes that are not to run, with blanks between (--list-probes)")
SETTING(instances_max, COUNT, "64", 1, 64, "adapters, disks, file systems with a file of their own; the rest is summed")
SETTING(nominal_mhz, COUNT, "0", 0, 20000, "clock of a processor by its label, in MHz, for machines that do not say it; 0: as found")
SETTING(slow_interval, SPAN, "1m", 1, 3600, "how often slowly changing things are read: link speeds, the current clock")
SETTING(helper_interval, SPAN, "1m", 1, 3600, "how often file systems and sensors are read")
SETTING(source_deadline_ms, COUNT, "500", 10, 60000, "a file system that takes longer is given up for this turn, in ms")
SETTING(sensor_deadline_ms, COUNT, "2000", 10, 60000, "a sensor that takes longer is given up for this turn, in ms")
SETTING(network_file_systems, SWITCH, "no", 0, 1, "measure NFS, CIFS and other network file systems too")
SETTING(sensors, SWITCH, "yes", 0, 1, "read temperatures, fans, power and voltages")
SETTING(stage_interval, SPAN, "1m", 1, 60, "samples are safe from a power cut after at most this long")
SETTING(batch_interval, SPAN, "1h", 10, 86400, "how often samples go from staging to the RRD files")
SETTING(keep_base, SPAN, "2d", 0, 63072000, "how long rows of the sampling step are kept; 0: not at all")
SETTING(keep_fine, SPAN, "13w", 0, 315360000, "how long rows of fine_step are kept")
SETTING(keep_coarse, SPAN, "3y", 0, 946080000, "how long rows of coarse_step are kept")
SETTING(fine_step, SPAN, "1m", 1, 3600, "step of the fine rows")
SETTING(coarse_step, SPAN, "1h", 60, 86400, "step of the coarse rows")
SETTING(alert_memory_limit_bytes, COUNT, "3865470566", 0, 1000000000000000, "memory of one VM, with its overhead, over which an alert opens (3.6 GB); 0: no alert")
SETTING(alert_memory_overhead_mb, COUNT, "32", 0, 1000000, "added to what is used before it is compared, in MB (2^20 bytes)")
SETTING(alert_core_mhz, COUNT, "3000", 0, 1000000, "target core: a 900 s mean over it needs several processors; 0: no alert")
SETTING(alert_disk_percent, COUNT, "90", 0, 100, "a file system, or the disk of the store, fuller than this; 0: no alert")
SETTING(alert_saturation_percent, COUNT, "95", 0, 100, "CPU (900 s mean) or memory in use over this; 0: no alert")
SETTING(alert_celsius, COUNT, "90", 0, 200, "a temperature over this; 0: no alert")
SETTING(alert_webhook, TEXT, "", 0, 511, "URL that takes alerts as Alertmanager does (.../api/v2/alerts); empty: none")
SETTING(alert_webhook_secret_file, TEXT, "", 0, 511, "file with the bearer token of the webhook")
SETTING(alert_mail_to, TEXT, "", 0, 511, "addresses that get alerts by mail, with commas between; empty: none")
SETTING(alert_mail_from, TEXT, "headroom@localhost", 1, 255, "sender of the mail")
SETTING(alert_smtp, TEXT, "smtp://127.0.0.1:25", 1, 511, "mail server: smtp:// or smtps://")
SETTING(alert_smtp_secret_file, TEXT, "", 0, 511, "file with user:password of the mail server")
SETTING(engine_url, TEXT, "", 0, 511, "remote write of an engine that gets what is stored (http://host:8428/api/v1/write); empty: none")
SETTING(engine_query, TEXT, "", 0, 511, "where that engine is queried (http://host:8428); empty: the host of engine_url")
SETTING(engine_ca_file, TEXT, "", 0, 511, "certificates of the authority that signed the engine's; empty: those of the system")
SETTING(engine_token_file, TEXT, "", 0, 511, "file with the bearer token of the engine")
SETTING(alert_resend, SPAN, "1m", 5, 3600, "how often open alerts are sent to the webhook again")
/* clang-format on */
