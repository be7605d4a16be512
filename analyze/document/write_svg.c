/* The charts of a document as one picture that stands alone. */
#include "analyze/document/writer.h"

#include "common/safe_text.h"
#include "analyze/document/chart.h"

#include <string.h>

#define PICTURE_CEILING ((size_t)1 << 22)
#define PICTURE_WIDTH 544
#define PICTURE_AROUND 24 /* its title, and room */

/* As schema/page/report.css has them; a picture has no theme but the reader's. */
static const char style[] =
	"<style>svg{background:#fff}text{font:10px system-ui,sans-serif;fill:#1a1d21}"
	".e{text-anchor:end}.x{fill:none;stroke:#c9d0d7}"
	".m{fill:none;stroke:#b3141d;stroke-width:1.5;stroke-dasharray:6 3}"
	".l{fill:none;stroke:#2a6fb0;stroke-width:1.4}"
	".a0{fill:#2a6fb0}.a1{fill:#b36a00}.a2{fill:#2e7d5b}.a3{fill:#8e3f8e}"
	".a4{fill:#6a6f00}.a5{fill:#9b3d2f}.b{fill:#2a6fb0;fill-opacity:.25}.w{fill:#b36a00;fill-opacity:.35}</style>";

/* Drawn as wide as the picture, whatever the chart's own units. */
static int picture_height(const struct chart *chart)
{
	return chart_height(chart) * PICTURE_WIDTH / CHART_WIDTH + 28;
}

int write_svg(const struct document *document, const struct context *context, FILE *out,
	struct err *err)
{
	int height = 0, y = 8;

	(void)context;
	(void)err;
	for (const struct doc_part *part = document->part; part; part = part->next)
		height += part->kind == PART_CHART
			? picture_height(part->cell.chart) + PICTURE_AROUND
			: 0;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1120\" height=\"%d\" "
		"viewBox=\"0 0 560 %d\">%s\n",
		2 * height, height, style);
	for (const struct doc_part *part = document->part; part; part = part->next) {
		struct strbuf text;
		const struct chart *chart = part->cell.chart;

		if (part->kind != PART_CHART)
			continue;
		strbuf_init(&text, PICTURE_CEILING);
		chart_svg(chart, &text);
		fprintf(out, "<text x=\"62\" y=\"%d\">", y + 6);
		safe_print_html(out, chart->title ? chart->title : "");
		fprintf(out,
			"</text>\n<svg x=\"8\" y=\"%d\" width=\"%d\" height=\"%d\" %s\n",
			y + 10, PICTURE_WIDTH, picture_height(chart),
			strbuf_text(&text) + strlen("<svg "));
		strbuf_done(&text);
		y += picture_height(chart) + PICTURE_AROUND;
	}
	fputs("</svg>\n", out);
	return 0;
}
