/*
 * One agent: its session, and what it said last.
 *
 * Where nothing else is said, an int is 0 or -1 with the reason in host.why.
 */
#ifndef COLLECTORD_SNMP_SNMP_H
#define COLLECTORD_SNMP_SNMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SNMP_ROWS_MAX 1024
#define SNMP_NAME_BYTES 64

/* A counter of 32 bits that goes on where its agent's has wrapped. */
struct snmp_counter {
	uint64_t value;
	bool is_known;
	uint32_t last;
	bool has_last;
};

/* A row of a table, by its index: an adapter or a disk. */
struct agent_row {
	uint32_t index;
	char name[SNMP_NAME_BYTES];
	bool is_seen; /* by the reading of now */
	struct snmp_counter count[6];
};

struct agent_table {
	struct agent_row row[SNMP_ROWS_MAX];
	size_t rows;
};

enum snmp_cpu {
	CPU_USER,
	CPU_NICE,
	CPU_SYSTEM,
	CPU_IDLE,
	CPU_WAIT,
	CPU_IRQ,
	CPU_SOFT,
	CPU_STEAL,
	CPU_STATES
};
enum snmp_memory {
	MEM_TOTAL,
	MEM_FREE,
	MEM_BUFFERS,
	MEM_CACHED,
	MEM_AVAILABLE,
	MEM_FIGURES
};
enum { NET_IN, NET_OUT, NET_IN_SMALL, NET_OUT_SMALL };
enum {
	DISK_READ,
	DISK_WRITTEN,
	DISK_READS,
	DISK_WRITES,
	DISK_READ_SMALL,
	DISK_WRITTEN_SMALL
};

struct snmp_host {
	void *session; /* of libsnmp */
	char why[200];
	uint32_t up_ticks;     /* sysUpTime: of the agent, 1/100 s */
	uint32_t system_ticks; /* hrSystemUptime: of the machine */
	bool has_system;
	bool is_restarted; /* the agent has begun anew since the last reading */
	uint64_t memory[MEM_FIGURES]; /* bytes */
	bool has_memory[MEM_FIGURES];
	struct snmp_counter cpu[CPU_STATES]; /* ticks of all processors */
	size_t cpus;                         /* 0: not said */
	struct agent_table net, disk;
};

int snmp_host_open(struct snmp_host *host, const char *address, const char *path);
void snmp_host_close(struct snmp_host *host);
/* One reading: all requests, the scalars with sysUpTime in one of them. */
int snmp_host_read(struct snmp_host *host);
/* As node_exporter says it; what is not known is not there. */
void snmp_host_print(const struct snmp_host *host, FILE *out);

/* What the agent says now of a counter of 32 bits; is_new: it began anew. */
void snmp_counter_take(struct snmp_counter *counter, uint32_t now, bool is_new);

#endif
