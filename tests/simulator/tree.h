/* Folders as an administrator handles them: copied and removed, past the journal. */
#ifndef TESTS_SIMULATOR_TREE_H
#define TESTS_SIMULATOR_TREE_H

/* Both end the program where it cannot be done; what is not there is no failure. */
void tree_copy(const char *from, const char *to);
void tree_remove(const char *path);

#endif
