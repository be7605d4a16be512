/* Names of devices, the topology of processors, the mounts that are measured. */
#include "tests/named_rows.h"

#include "common/strbuf.h"
#include "common/util.h"
#include "probes/host/disk.h"
#include "probes/slow/fs.h"
#include "probes/inventory.h"
#include "probes/host/network.h"
#include "probes/host/topology.h"

#include <errno.h>

/* ---- names, topology, mounts ----------------------------------------------------------- */

static void check_names(void **state)
{
	static const struct {
		const char *name;
		bool is_whole;
	} disks[] = { { "sda", true }, { "sda1", false }, { "sdaa", true },
		{ "hdb", true }, { "vda", true }, { "xvdb", true }, { "xvdb1", false },
		{ "nvme0n1", true }, { "nvme0n1p1", false }, { "nvme10n2", true },
		{ "mmcblk0", true }, { "mmcblk0p1", false }, { "cciss/c0d0", true },
		{ "cciss/c0d0p1", false }, { "dasda", true }, { "dasda1", false },
		{ "dm-0", false }, { "md0", false }, { "loop0", false },
		{ "sr0", false }, { "sd", false }, { "", false } };
	static const struct {
		const char *name;
		bool is_virtual;
	} nics[] = { { "lo", true }, { "eth0", false }, { "eth0.10", true },
		{ "enp3s0", false }, { "wlan0", false }, { "bond0", true },
		{ "veth1234", true }, { "docker0", true }, { "br-12ab", true },
		{ "br0", true }, { "broadcom0", false }, { "tun0", true },
		{ "virbr0", true }, { "ib0", false }, { "em1", false },
		{ "eth0:1", true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(disks); i++)
		if (disk_is_whole_name(disks[i].name) != disks[i].is_whole)
			fail_msg("%s", disks[i].name);
	for (size_t i = 0; i < ARRAY_LEN(nics); i++)
		if (network_is_virtual_name(nics[i].name) != nics[i].is_virtual)
			fail_msg("%s", nics[i].name);
}

struct mhz_case {
	const char *name;
	const char *cpuinfo;
	unsigned threads, cores;
	double nominal_mhz;
};

#define CPU "processor : 0\n"
static struct mhz_case mhz_cases[] = {
	{ "topology: the clock in the model name", CPU "model name : X @ 2.40GHz\n", 1,
		1, 2400 },
	{ "topology: the clock without the at sign",
		CPU "model name : Xeon(TM) CPU 3.06GHz\n", 1, 1, 3060 },
	{ "topology: a model without a clock", CPU "model name : AMD EPYC 7763\n", 1, 1,
		NAN },
	{ "topology: a guest's fixed clock",
		CPU "cpu MHz : 2596.132\nflags : fpu hypervisor\n", 1, 1, 2596 },
	{ "topology: the moving clock of hardware is not nominal",
		CPU "cpu MHz : 1200.000\nflags : fpu\n", 1, 1, NAN },
	{ "topology: two threads of one core",
		CPU "physical id : 0\ncore id : 1\nprocessor : 1\nphysical id : "
		    "0\ncore id : 1\n",
		2, 1, NAN },
	{ "topology: the same core of two sockets",
		CPU "physical id : 0\ncore id : 1\nprocessor : 1\nphysical id : "
		    "1\ncore id : 1\n",
		2, 2, NAN },
	{ "topology: nothing known", "", 0, 0, NAN },
};

static void check_topology(void **state)
{
	const struct mhz_case *row = *state;
	struct topology_facts topology;

	topology_parse_cpuinfo(row->cpuinfo, strlen(row->cpuinfo), &topology, NULL);
	assert_int_equal(topology.threads, row->threads);
	assert_int_equal(topology.physical_cores, row->cores);
	assert_near(topology.nominal_mhz, row->nominal_mhz, 1e-9);
}

struct mount_case {
	const char *name;
	const char *text;
	bool with_network;
	const char *points; /* each followed by a blank */
};

#define ROOT_MOUNT "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
static struct mount_case mount_cases[] = {
	{ "mounts: the root file system", ROOT_MOUNT, false, "/ " },
	{ "mounts: kernel and memory file systems are left out",
		ROOT_MOUNT "21 20 0:5 / /proc rw - proc proc rw\n"
			   "22 20 0:6 / /run rw - tmpfs tmpfs rw\n",
		false, "/ " },
	{ "mounts: a bind mount counts once, its root first",
		"25 20 8:2 /sub /a rw - ext4 /dev/sda2 rw\n"
		"26 20 8:2 / /data rw - ext4 /dev/sda2 rw\n" ROOT_MOUNT,
		false, "/data / " },
	{ "mounts: btrfs sub-volumes count once, the shortest path",
		"20 1 0:31 /@ / rw - btrfs /dev/sda1 rw\n"
		"25 20 0:31 /@home /home rw - btrfs /dev/sda1 rw\n",
		false, "/ " },
	{ "mounts: data sets of one pool count once",
		"20 1 0:40 / / rw - zfs tank rw\n25 20 0:41 / /a rw - zfs tank/a rw\n"
		"26 20 0:42 / /b rw - zfs other/b rw\n",
		false, "tank other / /a /b " },
	{ "mounts: a data set once, however often it is mounted, and no snapshot of it",
		"20 1 0:40 / / rw - zfs tank rw\n25 20 0:40 / /again rw - zfs tank rw\n"
		"26 20 0:41 / /snap ro - zfs tank@monday ro\n",
		false, "tank / " },
	{ "mounts: a single file does not stand for its storage",
		"20 1 0:50 / / rw - overlay overlay rw\n"
		"21 20 8:1 /c/h /etc/h.x rw - ext4 /dev/sda1 rw\n"
		"22 20 8:1 /vol /var/lib/db rw - ext4 /dev/sda1 rw\n",
		false, "/var/lib/db " },
	{ "mounts: nor do files alone",
		"20 1 0:50 / / rw - overlay overlay rw\n"
		"21 20 8:1 /c/h /etc/h.x rw - ext4 /dev/sda1 rw\n",
		false, "" },
	{ "mounts: images are left out",
		ROOT_MOUNT "25 20 7:3 / /snap/x ro - squashfs /dev/loop3 ro\n", false,
		"/ " },
	{ "mounts: a network file system only when asked for",
		ROOT_MOUNT "25 20 0:50 / /n rw - nfs4 server:/x rw\n", false, "/ " },
	{ "mounts: and then it counts",
		ROOT_MOUNT "25 20 0:50 / /n rw - nfs4 server:/x rw\n", true, "/ /n " },
	{ "mounts: one that is hidden below another",
		ROOT_MOUNT "25 20 8:5 / /srv/x rw - ext4 /dev/sda5 rw\n"
			   "26 20 8:6 / /srv rw - ext4 /dev/sda6 rw\n",
		false, "/ /srv " },
	{ "mounts: one that has another right on top",
		ROOT_MOUNT "25 20 8:5 / /srv rw - ext4 /dev/sda5 rw\n"
			   "26 25 0:9 / /srv rw - tmpfs tmpfs rw\n",
		false, "/ " },
	{ "mounts: blanks and backslashes are decoded",
		ROOT_MOUNT "25 20 8:5 / /my\\040disk\\134x rw - vfat /dev/sdb1 rw\n",
		false, "/ /my disk\\x " },
	{ "mounts: without optional fields, with several",
		"20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"25 20 8:5 / /x ro,noatime shared:1 master:2 propagate_from:3 - xfs "
		"/dev/sdb rw\n",
		false, "/ /x " },
	{ "mounts: damaged lines are passed over",
		"nonsense\n1 2\n20 1 8:1 / / rw ext4 /dev/sda1 rw\n" ROOT_MOUNT, false,
		"/ " },
};

/* The made-up files of these tables have a dot in their names. */
static bool has_no_dot(void *context, const char *point)
{
	(void)context;
	return !strchr(point, '.');
}

static void check_mounts(void **state)
{
	const struct mount_case *row = *state;
	struct fs_choice choice = { .is_folder = has_no_dot };
	struct fs_mounts *mounts = calloc(1, sizeof(*mounts));
	struct strbuf points;

	choice.with_network = row->with_network;
	assert_non_null(mounts);
	strbuf_init(&points, 4096);
	fs_mounts_parse(row->text, strlen(row->text), &choice, mounts);
	for (size_t i = 0; i < mounts->count; i++)
		strbuf_addf(&points, "%s ", mounts->mount[i].point);
	assert_string_equal(strbuf_text(&points), row->points);
	strbuf_done(&points);
	free(mounts);
}

static void check_measure(void **state)
{
	struct fs_mount mount = { .point = "/" };
	struct fs_usage usage;
	struct host_root root;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(hostroot_open(&root, "/", &err), 0);
	assert_int_equal(fs_measure(&root, &mount, &usage, &err), 0);
	assert_true(usage.size_bytes > 0 && usage.used_bytes >= 0 &&
		usage.used_bytes <= usage.size_bytes &&
		usage.avail_bytes <= usage.size_bytes);
	mount.major = 4095; /* not the device that is mounted there */
	assert_int_equal(fs_measure(&root, &mount, &usage, &err), -ESTALE);
	snprintf(mount.point, sizeof(mount.point), "/nonexistent/point");
	assert_int_equal(fs_measure(&root, &mount, &usage, &err), -ENOENT);
	hostroot_close(&root);
}
int main(void)
{
	static struct named_rows rows;

	for (size_t i = 0; i < ARRAY_LEN(mhz_cases); i++)
		named_rows_add(&rows, mhz_cases[i].name, check_topology, &mhz_cases[i]);
	for (size_t i = 0; i < ARRAY_LEN(mount_cases); i++)
		named_rows_add(
			&rows, mount_cases[i].name, check_mounts, &mount_cases[i]);
	named_rows_add(&rows, "names of whole disks and of virtual adapters",
		check_names, NULL);
	named_rows_add(&rows, "statvfs of the root, of another device, of nothing",
		check_measure, NULL);
	return _cmocka_run_group_tests(
		"probe names", rows.test, rows.count, NULL, NULL);
}
