/* What the unit's IPAddressDeny= looks like from inside. */
#include "collectord/link/shut_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HINT \
	" (the service reaches private addresses alone: ADDRESSES in collectord(8))"

void shut_out_hint(char *text, size_t size, bool is_unreached)
{
	size_t length = strlen(text);

	/* systemd gives each start of a service an id; nobody else sets it */
	if (is_unreached && length < size && getenv("INVOCATION_ID") &&
		!strstr(text, HINT))
		(void)snprintf(text + length, size - length, "%s", HINT);
}
