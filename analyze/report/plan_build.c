#include "analyze/report/plan_build.h"

#include "analyze/report/cells.h"
#include "common/strbuf.h"
#include "common/units.h"

#include <math.h>
#include <stdlib.h>

/* ---- adapters ------------------------------------------------------------------------ */

static void link_own(struct plan_link *link, const struct host_type *type,
	unsigned wanted, size_t *next)
{
	size_t used = 0;

	for (unsigned given = 0; given < wanted && *next < type->nic_count; (*next)++) {
		if (type->nic[*next].use != NIC_DEDICATED)
			continue;
		if (used < sizeof(link->text))
			used += (size_t)snprintf(link->text + used,
				sizeof(link->text) - used, "%s%zu",
				given ? ", " : "own adapter ", *next + 1);
		given++;
	}
}

static void link_shared(struct plan_link *link, const struct host_type *type,
	double mbps, double left[HOST_NICS_MAX])
{
	size_t most = type->nic_count;

	for (size_t i = 0; i < type->nic_count; i++) {
		if (type->nic[i].use == NIC_SHARED &&
			(most == type->nic_count || left[i] > left[most]))
			most = i;
	}
	if (most == type->nic_count)
		return;
	left[most] -= mbps;
	(void)snprintf(link->text, sizeof(link->text), "shared adapter %zu", most + 1);
}

void plan_links(const struct plan_request *request, const struct plan_host *host,
	struct plan_link *ret_links)
{
	const struct host_type *type = &request->hosts->type[host->type];
	double left[HOST_NICS_MAX];
	size_t next = 0;

	for (size_t i = 0; i < type->nic_count; i++)
		left[i] = type->nic[i].mbps * request->factors->network_ratio;
	for (size_t i = 0; i < host->workload_count; i++) {
		const struct plan_workload *w = &request->workload[host->workload[i]];
		unsigned own = plan_adapters(request->factors, request->hosts, w);

		ret_links[i].text[0] = '\0';
		if (own > 0)
			link_own(&ret_links[i], type, own, &next);
		else
			link_shared(&ret_links[i], type,
				plan_sized(request->factors, request->hosts, w,
					PLAN_NETWORK),
				left);
	}
}

/* ---- disks --------------------------------------------------------------------------- */

/* Virtual Server takes disks of up to 2 TB on SCSI (STO-14).  A profile without reservations
 * is another target, whose controllers nobody has written down here. */
const char *plan_controller(const struct plan_factors *factors)
{
	return factors->has_reservations ? "scsi" : NULL;
}

struct cell plan_disks_cell(struct document *document,
	const struct plan_factors *factors, const struct plan_workload *workload)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "size_gb", NULL, 0, 0, NULL },
		{ "kind", NULL, 0, 0, NULL },
		{ "controller", NULL, 0, 0, NULL },
		{ "undo_gb", NULL, 0, 0, NULL },
		{ "differencing_gb", NULL, 0, 0, NULL },
	};
	struct doc_table *table;

	if (!workload->disk)
		return cell_unknown(NULL);
	table = doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < workload->disk_count; i++) {
		const struct fact_disk *d = &workload->disk[i];

		DOC_ROW(table, cell_text(d->name), cell_number(d->size_gb, UNIT_GB),
			cell_text(d->is_dynamic ? "dynamic" : "fixed"),
			cell_text(plan_controller(factors)),
			cell_number(d->undo ? d->undo * d->size_gb : 0, UNIT_GB),
			cell_number(d->differencing ? d->differencing * d->size_gb : 0,
				UNIT_GB));
	}
	return cell_table(table);
}

/* "c 40 GB fixed on scsi, undo 40 GB; d ..." */
static const char *disks_in_words(struct document *document,
	const struct plan_factors *factors, const struct plan_workload *workload)
{
	const char *controller = plan_controller(factors), *kept;
	struct strbuf text;

	strbuf_init(&text, 2000);
	for (size_t i = 0; i < workload->disk_count; i++) {
		const struct fact_disk *d = &workload->disk[i];

		strbuf_addf(&text, "%s%s ", i ? "; " : "", d->name);
		if (isnan(d->size_gb))
			strbuf_addf(&text, "of unknown size, ");
		else
			strbuf_addf(&text, "%.6g GB ", d->size_gb);
		strbuf_addf(&text, "%s%s%s", d->is_dynamic ? "dynamic" : "fixed",
			controller ? " on " : "", controller ? controller : "");
		if (d->undo && !isnan(d->size_gb))
			strbuf_addf(&text, ", undo %.6g GB", d->undo * d->size_gb);
		if (d->differencing && !isnan(d->size_gb))
			strbuf_addf(&text, ", differencing %.6g GB",
				d->differencing * d->size_gb);
	}
	kept = doc_keep(document, "%s", strbuf_text(&text));
	strbuf_done(&text);
	return kept;
}

const char *plan_volume(
	const struct plan_request *request, const struct plan_host *host, size_t place)
{
	const struct host_type *type = &request->hosts->type[host->type];
	size_t volume = host->volume[place];

	return volume < type->volume_count ? type->volume[volume].name : NULL;
}

/* ---- for people ------------------------------------------------------------------------ */

static void add_builds_of(struct document *document, struct doc_table *table,
	const struct plan_view *view, const struct plan_host *host)
{
	struct plan_link *links = calloc(host->workload_count + 1, sizeof(*links));

	if (!links)
		return;
	plan_links(view->request, host, links);
	for (size_t i = 0; i < host->workload_count; i++) {
		const struct plan_workload *w =
			&view->request->workload[host->workload[i]];

		DOC_ROW(table, cell_text(w->name),
			cell_text(*links[i].text
					? doc_keep(document, "%s", links[i].text)
					: NULL),
			cell_text(w->mac),
			isnan(w->save_state_bytes)
				? cell_unknown(NULL)
				: cell_text(doc_keep(document, "%.2f",
					  w->save_state_bytes / BYTES_PER_GB)),
			cell_text(plan_volume(view->request, host, i)),
			cell_text(w->disk ? disks_in_words(
						    document, view->request->factors, w)
					  : NULL));
	}
	free(links);
}

static bool has_volumes(const struct host_list *hosts)
{
	for (size_t t = 0; t < hosts->type_count; t++) {
		if (hosts->type[t].volume_count > 0)
			return true;
	}
	return false;
}

void plan_page_add_builds(struct document *document, const struct plan_view *view)
{
	static const struct doc_column columns[] = {
		{ NULL, "VM", COLUMN_CUT, 0, NULL },
		{ NULL, "VIRTUAL NETWORK", 0, 0, NULL },
		{ NULL, "MAC", 0, 0, NULL },
		{ NULL, "SAVE GB", COLUMN_RIGHT, 0, NULL },
		{ NULL, "VOLUME", COLUMN_CUT, 0, NULL },
		{ NULL, "VIRTUAL DISKS", COLUMN_WRAP, 0, NULL },
	};
	struct doc_table *table;

	doc_gap(document);
	doc_line(document, "What to build for each VM");
	table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	if (!has_volumes(view->request->hosts))
		doc_hide(table, "VOLUME");
	for (size_t h = 0; h < view->plan->host_count; h++)
		add_builds_of(document, table, view, &view->plan->host[h]);
	doc_line(document,
		"Each adapter that VMs use is one virtual network: unbind every protocol "
		"of the host from it but that of the virtual machines (Virtual Machine "
		"Network Services on Virtual Server); leave the host's own adapter as it "
		"is.");
}
