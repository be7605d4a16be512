/*
 * The recorder's loop in one process: batch, socket, deliveries and the turn that goes round
 * them, each with what may go wrong beside it.
 */
#include "tests/unit/collectord/recorder_turn_world.h"

#include <string.h>

int main(int argc, char **argv)
{
	static const struct turn_tests *const parts[] = {
		&turn_batch_tests,
		&turn_socket_tests,
		&turn_deliver_tests,
		&turn_loop_tests,
		&turn_alerts_tests,
		&turn_writer_tests,
		&turn_record_tests,
	};
	struct CMUnitTest tests[96];
	size_t count = 0;

	if (strcmp(argv[0], "collectord-writer") == 0)
		return turn_as_writer(argc, argv);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		memcpy(&tests[count], parts[i]->test,
			parts[i]->count * sizeof(tests[0]));
		count += parts[i]->count;
	}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests("recorder_turn", tests, count, NULL, NULL);
}
