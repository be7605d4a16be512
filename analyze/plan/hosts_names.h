/* What a hosts file says, and what its names mean. */
#ifndef ANALYZE_PLAN_HOSTS_NAMES_H
#define ANALYZE_PLAN_HOSTS_NAMES_H

#include "common/err.h"
#include "common/json_doc.h"

#include <stdbool.h>
#include <stddef.h>

#define HOST_TYPES_MAX 1000
#define HOSTS_MAX 100000 /* of all types together */
#define HOST_NICS_MAX 64
#define HOST_VOLUMES_MAX 16
#define CONSTRAINTS_MAX 10000

enum nic_use {
	NIC_HOST,      /* the host OS's own */
	NIC_SHARED,    /* one of those that the workloads share */
	NIC_DEDICATED, /* may be given to one workload alone */
};

struct host_nic {
	double mbps; /* 10^6 bits per second */
	enum nic_use use;
};

/* A part of a host's space; what is put on one is whole on it (STO-15). */
struct host_volume {
	char *name;
	double gb;
	double used_gb; /* by what runs there already */
	bool is_os;     /* the host's own system is on it */
};

/* MB = 2^20 bytes, GB = 2^30 bytes; NAN where the file says nothing. */
struct host_type {
	char *name;
	size_t count; /* hosts called <name>-1 ... <name>-<count>; HOSTS_MAX: any number */
	bool is_any_count;
	size_t spare; /* of them, the last ones: kept empty for those that are lost */
	unsigned cores;
	double core_mhz;
	double memory_mb;
	bool is_host_memory_stated; /* else 0 counts for the host itself */
	double host_memory_mb;      /* of the host OS */
	unsigned numa_nodes; /* no VM is larger than one of them; 0: none given */
	struct host_nic nic[HOST_NICS_MAX];
	size_t nic_count;
	bool has_nics; /* the file lists adapters, be it none */
	struct host_volume volume[HOST_VOLUMES_MAX];
	size_t volume_count; /* 0: one volume of disk_gb */
	double disk_gb;      /* of the volumes: what is not used of them */
	double disk_mb_s;
	double disk_iops;
	double cost; /* NAN: none given */
	char *zone;  /* NULL: none */
	/* What the plan says something of, and does not count. */
	char **role; /* other applications that run on the host itself */
	size_t role_count;
	char *site;           /* "branch": the one server of a branch office; NULL */
	char *storage;        /* "fast", "san", "slow"; NULL: not stated */
	char *raid;           /* "1+0", "10", "1", "5", "6", "0", "none"; NULL */
	bool has_cpu_reserve; /* else what the profile says is kept */
	double cpu_reserve_percent; /* for the host itself, of all its cores (CPU-7) */
	/* What runs there already, per host. */
	double used_memory_mb;   /* with every factor but the plan's own growth */
	double used_cpu_percent; /* reserved, of one core */
	double used_network_mbps;
	double used_storage_gb;
};

enum constraint_kind {
	CONSTRAINT_PIN,      /* the workloads run on the hosts named, nowhere else */
	CONSTRAINT_EXCLUDE,  /* the workloads do not run on the hosts named */
	CONSTRAINT_TOGETHER, /* all on one host */
	CONSTRAINT_APART,    /* no two on one host */
	CONSTRAINT_AT_MOST,  /* at most n of them on one host */
	CONSTRAINT_SPREAD,   /* over at least n zones */
	CONSTRAINT_AT_MOST_HOSTS, /* all of them on at most n hosts */
	CONSTRAINT_APART_GROUPS,  /* none on a host with one of another group */
	CONSTRAINT_KINDS,
};

struct host_constraint {
	enum constraint_kind kind;
	char **workload;
	size_t workload_count;
	size_t *group; /* [workload_count] apart_groups: from 0; else NULL */
	size_t group_count;
	char **host; /* names of types ("small") or of single hosts ("small-2") */
	size_t host_count;
	unsigned n;
	unsigned line; /* where it stands, for messages */
};

struct host_list {
	char *path;
	struct host_type *type; /* in the order of the file */
	size_t type_count;
	struct host_constraint *constraint;
	size_t constraint_count;
};

extern const char *const host_constraint_words[CONSTRAINT_KINDS];

/* The word of the file for a kind: "pin". */
const char *host_constraint_word(enum constraint_kind kind);

/*
 * host_list_find - what a name in a constraint means
 *
 * *ret_type is the index of the type, *ret_host the number of the host from 1, or 0
 * for all hosts of the type.  Returns false when there is no such type or host.
 */
bool host_list_find(const struct host_list *list, const char *name, size_t *ret_type,
	size_t *ret_host);

/* Whether host <number> of a type stays empty. */
bool host_list_is_spare(const struct host_type *type, size_t number);

/* The zone of a type: 1 + the first type that is in it; 0: it has none. */
int host_list_zone(const struct host_list *hosts, size_t type);

#endif
