/* The charts of a document as one picture that stands alone. */
#include "analyze/document/writer.h"

#include "common/safe_text.h"
#include "analyze/document/chart.h"

#include <string.h>

#define PICTURE_CEILING ((size_t)1 << 22)
#define PICTURE_HEIGHT 130 /* of one chart, with the room around it */

/* As schema/page/report.css has them; a picture has no theme but the reader's. */
static const char style[] =
	"<style>svg{background:#fff}text{font:10px system-ui,sans-serif;fill:#1a1d21}"
	".e{text-anchor:end}.x{fill:none;stroke:#c9d0d7}"
	".m{fill:none;stroke:#b3141d;stroke-width:1.5;stroke-dasharray:6 3}"
	".l{fill:none;stroke:#2a6fb0;stroke-width:1.4}"
	".b{fill:#2a6fb0;fill-opacity:.25}.w{fill:#b36a00;fill-opacity:.35}</style>";

int write_svg(const struct document *document, const struct context *context, FILE *out,
	struct err *err)
{
	int count = 0, y = 8;

	(void)context;
	(void)err;
	for (const struct doc_part *part = document->part; part; part = part->next)
		count += part->kind == PART_CHART;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1120\" height=\"%d\" "
		"viewBox=\"0 0 560 %d\">%s\n",
		2 * PICTURE_HEIGHT * count, PICTURE_HEIGHT * count, style);
	for (const struct doc_part *part = document->part; part; part = part->next) {
		struct strbuf text;

		if (part->kind != PART_CHART)
			continue;
		strbuf_init(&text, PICTURE_CEILING);
		chart_svg(part->cell.chart, &text);
		fprintf(out, "<text x=\"62\" y=\"%d\">", y + 6);
		safe_print_html(
			out, part->cell.chart->title ? part->cell.chart->title : "");
		fprintf(out,
			"</text>\n<svg x=\"8\" y=\"%d\" width=\"544\" height=\"%d\" %s\n",
			y + 10, PICTURE_HEIGHT - 24,
			strbuf_text(&text) + strlen("<svg "));
		strbuf_done(&text);
		y += PICTURE_HEIGHT;
	}
	fputs("</svg>\n", out);
	return 0;
}
