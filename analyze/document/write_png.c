/* The picture of write_svg.c in pixels, by librsvg: what a wiki or a ticket takes. */
#include "analyze/document/writer.h"

#include <errno.h>
#include <librsvg/rsvg.h>
#include <stdlib.h>

#define PIXELS_MAX 16000 /* of an edge */

static cairo_status_t put_pixels(
	void *closure, const unsigned char *data, unsigned int length)
{
	return fwrite(data, 1, length, closure) == length ? CAIRO_STATUS_SUCCESS
							  : CAIRO_STATUS_WRITE_ERROR;
}

static int draw(RsvgHandle *handle, FILE *out, struct err *err)
{
	double width = 0, height = 0;
	cairo_surface_t *surface;
	cairo_status_t status;
	cairo_t *cairo;
	gboolean is_drawn;

	if (!rsvg_handle_get_intrinsic_size_in_pixels(handle, &width, &height) ||
		width > PIXELS_MAX || height > PIXELS_MAX)
		return err_set(err, -EFBIG, "the picture is larger than %d pixels",
			PIXELS_MAX);
	surface = cairo_image_surface_create(
		CAIRO_FORMAT_ARGB32, (int)width, (int)height);
	cairo = cairo_create(surface);
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	is_drawn = rsvg_handle_render_document(handle, cairo,
		&(RsvgRectangle){ .width = width, .height = height }, NULL);
	status = cairo_surface_write_to_png_stream(surface, put_pixels, out);
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
	/* what out did not take is for its owner to see */
	if (!is_drawn || status == CAIRO_STATUS_NO_MEMORY)
		return err_oom(err);
	return 0;
}

int write_png(const struct document *document, const struct context *context, FILE *out,
	struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *svg = open_memstream(&text, &size);
	RsvgHandle *handle;
	int r;

	if (!svg)
		return err_oom(err);
	r = write_svg(document, context, svg, err);
	if (fclose(svg) != 0 && r == 0)
		r = err_oom(err);
	if (r < 0) {
		free(text);
		return r;
	}
	handle = rsvg_handle_new_from_data((const unsigned char *)text, size, NULL);
	r = handle ? draw(handle, out, err)
		   : err_set(err, -EINVAL, "the picture cannot be drawn");
	if (handle)
		g_object_unref(handle);
	free(text);
	return r;
}
