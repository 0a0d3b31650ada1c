#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <editline/readline.h>

// libedit is set up through global variables, which Swift does not let one touch.

static const char *const *twin_edit_words = NULL;

static char *twin_edit_next_word(const char *prefix, int state) {
  static size_t index, length;
  if (state == 0) {
    index = 0;
    length = strlen(prefix);
  }
  while (twin_edit_words != NULL && twin_edit_words[index] != NULL) {
    const char *word = twin_edit_words[index++];
    if (strncmp(word, prefix, length) == 0) return strdup(word);
  }
  return NULL;
}

static char **twin_edit_complete(const char *text, int start, int end) {
  (void)start;
  (void)end;
  rl_attempted_completion_over = 1;
  return rl_completion_matches(text, twin_edit_next_word);
}

/// What is typed so far.
static inline const char *twin_edit_line(void) { return rl_line_buffer != NULL ? rl_line_buffer : ""; }

/// Sets libedit up: words to complete, ended by a null pointer, that live as long as the program; Ctrl-C stays the program's own.
static inline void twin_edit_set_up(const char *const *words) {
  twin_edit_words = words;
  rl_readline_name = "twin";
  rl_catch_signals = 0;
  rl_attempted_completion_function = twin_edit_complete;
  rl_completer_word_break_characters = " \t\n\"'=|;<>()";
  rl_basic_word_break_characters = " \t\n\"'=|;<>()";
  using_history();
}
